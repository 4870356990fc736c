"""The same thing for a pasted list of people: a form, a look at what it would do to each of them, then all of it or nothing.

The look shows everybody whom the list names, every line that names nobody, and who cannot be taken in and why. What is confirmed
is exactly the people who were shown: if one of them cannot be done any more, nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from lms.access import Permission
from lms.errors import N_, AttuneError, Conflict, Denied
from lms.people import queries
from lms.people.models import Person
from lms.people.named import Named, homes, named
from lms.people.pasted import entries
from lms.web.forms import Form
from lms.web.page import commit, say, session, tell, today, viewer
from lms.web.words import gettext, ngettext

MOST = 500
"""Lines of one list: a few seconds of work."""


class ListForm(Form):
    """For whom. Forms for lists put their own fields before it."""

    people = TextAreaField(
        _l("People"),
        [InputRequired(_l("Paste at least one employee number or e-mail address."))],
        description=_l(
            "Employee numbers or e-mail addresses, one a line or separated by commas. You see everybody by name before anything is done."
        ),
        render_kw={"rows": 8},
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it would do to somebody: in a few words, or why it cannot be done; ``warning`` is to be read first."""

    words: str = ""
    problem: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for several people.

    ``attempt`` says what it would do to one of them (what it writes is undone), ``act`` does it for all and gives the page to go to.
    ``check`` refuses what is wrong whoever it is for. ``said`` sums up what was typed. ``crumbs`` are (name, address) of the pages above.
    """

    form: Any
    title: str
    label: str
    permission: Permission
    attempt: Callable[[Person], Outcome]
    act: Callable[[Sequence[Person]], str]
    said: Callable[[], str]
    back: str
    crumbs: Sequence[tuple[str, str]]
    lede: str = ""
    done: Callable[[int], str] | None = None
    check: Callable[[], object] | None = None
    document: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody of the list, and what it would do to them."""

    person: Person
    outcome: Outcome


def page(task: Task) -> ResponseReturnValue:
    """The form; then what it would do; then, confirmed, it is done."""
    form = task.form
    if request.method == "GET" or request.form.get("do") == "change" or not form.validate_on_submit():
        if request.form.get("do") == "change":
            form.process(request.form)
        return _form(task), 422 if form.errors else 200
    wanted = entries(form.people.data)
    if not wanted or len(wanted) > MOST:
        form.people.errors = [
            gettext("At most %(most)s lines at once. Split the list.", most=MOST)
            if wanted
            else gettext("Paste at least one employee number or e-mail address.")
        ]
        return _form(task), 422
    if task.check is not None:
        try:
            task.check()
        except AttuneError as error:
            session().rollback()
            return _form(task, tell(error.message)), error.status
    if request.form.get("do") != "act":
        return _look(task, wanted)
    try:
        people = _confirmed(task)
        target = task.act(people)
        commit()
    except AttuneError as error:
        if isinstance(error, Denied):
            raise
        session().rollback()
        return _look(task, wanted, tell(error.message), error.status)
    say(task.done(len(people)) if task.done else gettext("Saved."))
    return redirect(target, 303)


def attempted(act: Callable[[], object], words: Callable[[], str] | str = "") -> Outcome:
    """What becomes of ``act``, tried and undone: its ``words``, or what it refuses."""
    session().flush()
    nested = session().begin_nested()
    try:
        act()
        session().flush()
        return Outcome(words() if callable(words) else words)
    except AttuneError as error:
        return Outcome(problem=tell(error.message))
    finally:
        nested.rollback()


def _confirmed(task: Task) -> list[Person]:
    """The people who were shown and can still be acted on by this viewer."""
    ids = {int(text) for text in request.form.getlist("who") if text.isdecimal()}
    visible = queries.visible_to(session(), viewer(), task.permission, today())
    found = session().scalars(
        select(Person).where(Person.id.in_(ids), Person.id.in_(visible)).order_by(Person.family_name, Person.id)
    )
    people = list(found)
    if not people or len(people) != len(ids):
        raise Conflict(
            N_("Somebody of the list can no longer be changed by you. Look at it again; nothing was changed.")
        )
    return people


def _form(task: Task, refused: str = "") -> str:
    own = [
        field for field in task.form if field.type not in ("CSRFTokenField", "HiddenField") and field.name != "people"
    ]
    fields = [*own, task.form.people]
    return render_template(
        "people/several.html",
        form=task.form, fields=fields, task=task, title=task.title, lede=task.lede, refused=refused,
    )  # fmt: skip


def _look(task: Task, wanted: Sequence[str], refused: str = "", status: int = 200) -> ResponseReturnValue:
    visible = queries.visible_to(session(), viewer(), task.permission, today())
    found = named(session(), wanted, visible)
    lines = [Line(person, task.attempt(person)) for person in found.people]
    can = [line for line in lines if not line.outcome.problem]
    session().rollback()
    html = render_template(
        "people/several_look.html",
        task=task, title=task.title, said=task.said(), can=can, cannot=[line for line in lines if line.outcome.problem],
        found=found, refused=refused, where=_where([line.person for line in lines]), kept=_kept(),
        lede=_counted(found, can, lines),
    )  # fmt: skip
    return html, status


def _where(people: Sequence[Person]) -> dict[int, str]:
    """The department of each of these people today."""
    tree = queries.tree(session(), today())
    departments = homes(session(), [person.id for person in people], today())
    return {
        person_id: tree.path(department) for person_id, department in departments.items() if department in tree.nodes
    }


def _kept() -> list[tuple[str, str]]:
    """What was filled in, for the next page."""
    gone = {"csrf_token", "do", "who"}
    return [(name, value) for name, values in request.form.lists() if name not in gone for value in values]


def _counted(found: Named, can: Sequence[Line], lines: Sequence[Line]) -> str:
    people = ngettext("%(num)s person can be taken in.", "%(num)s people can be taken in.", len(can))
    left = len(lines) - len(can)
    said = [people]
    if left:
        said.append(ngettext("%(num)s person cannot.", "%(num)s people cannot.", left))
    missing = len(found.unknown) + len(found.doubtful)
    if missing:
        said.append(ngettext("%(num)s line names nobody for sure.", "%(num)s lines name nobody for sure.", missing))
    return " ".join(said)
