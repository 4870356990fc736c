"""The same decision for several people: a form, a look at what it would do to each of them, then all of it or nothing.

People are chosen on a list elsewhere (:mod:`lms.web.people.chosen`), pasted, or both. The look shows everybody who is meant, every line
that names nobody, and who cannot be taken in and why. What is confirmed is exactly the people who were shown: if one of them cannot be
done any more, nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from wtforms import TextAreaField

from lms.access import refuse_own
from lms.errors import N_, AttuneError, Conflict, Denied
from lms.people import queries
from lms.people.models import Person
from lms.people.named import Named, homes, named
from lms.people.pasted import entries
from lms.web.forms import Form
from lms.web.page import commit, say, session, tell, today, viewer
from lms.web.people import documents
from lms.web.people.chosen import MOST, NOBODY, TOO_MANY, Chosen, chosen, row_ids, ticked
from lms.web.people.decisions import Decision
from lms.web.words import gettext, ngettext


class ListForm(Form):
    """For whom. It comes after the fields of the decision."""

    people = TextAreaField(
        _l("People"),
        description=_l(
            "Employee numbers or e-mail addresses, one a line or separated by commas. You see everybody by name before anything is done."
        ),
        render_kw={"rows": 8},
    )


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody of the list, and what it would do to them: in a few words, or why it cannot be done; ``warning`` is to be read first."""

    person: Person
    words: str = ""
    problem: str = ""
    warning: str = ""


def page(decision: Decision) -> ResponseReturnValue:
    """The form; then what it would do; then, confirmed, it is done."""
    form = type("ForAList", (decision.form, ListForm), {})(**decision.begins() if request.method == "GET" else {})
    decision.offer(form, None)
    if request.method == "GET":
        return _form(decision, form, chosen(decision.permission))
    if request.form.get("do") == "change":
        form.process(request.form)
        return _form(decision, form, ticked(decision.permission))
    meant, wanted = ticked(decision.permission), entries(form.people.data or "")
    if form.validate() and _counted(form, meant, wanted):
        try:
            decision.check(form)
        except AttuneError as error:
            session().rollback()
            return _form(decision, form, meant, tell(error.message)), error.status
        if request.form.get("do") != "act":
            return _look(decision, form, meant, wanted)
        return _act(decision, form, meant, wanted)
    return _form(decision, form, meant), 422


def _counted(form: Any, meant: Chosen, wanted: Sequence[str]) -> bool:
    """Whether there is somebody, and not too many; else the field says so."""
    number = len(meant.people) + len(wanted)
    if not number:
        form.people.errors = [tell(NOBODY)]
    elif number > MOST:
        form.people.errors = [gettext("At most %(most)s people at once. Split the list.", most=MOST)]
    return 0 < number <= MOST


def _act(decision: Decision, form: Any, meant: Chosen, wanted: Sequence[str]) -> ResponseReturnValue:
    try:
        people = _confirmed(decision)
        target = decision.act(form, people, documents.kept(documents.sent(), [person.id for person in people]))
        commit()
    except AttuneError as error:
        if isinstance(error, Denied):
            raise
        session().rollback()
        return _look(decision, form, meant, wanted, tell(error.message), error.status)
    say(decision.done(len(people)))
    return redirect(target, 303)


def _confirmed(decision: Decision) -> list[Person]:
    """The people who were shown and can still be acted on by this viewer."""
    ids = row_ids(request.form.getlist("confirmed"))
    if len(ids) > MOST:
        raise Conflict(TOO_MANY.msgid, **TOO_MANY.params)
    people = list(
        session().scalars(
            select(Person)
            .where(Person.id.in_(ids), Person.id.in_(_visible(decision)))
            .order_by(Person.family_name, Person.id)
        )
    )
    if not people or len(people) != len(ids):
        raise Conflict(
            N_("Somebody of the list can no longer be changed by you. Look at it again; nothing was changed.")
        )
    return people


def _visible(decision: Decision) -> Select[int]:
    return queries.visible_to(session(), viewer(), decision.permission, today())


def _form(decision: Decision, form: Any, meant: Chosen, refused: str = "") -> str:
    own = [f for f in form if f.type not in ("CSRFTokenField", "HiddenField") and f.name != "people"]
    if meant.people:
        form.people.label.text = gettext("More people")
        form.people.flags.optional = True
        form.people.render_kw = {"rows": 3}
    return render_template(
        "people/several.html",
        form=form, fields=own, decision=decision, meant=meant, refused=refused, crumbs=_crumbs(), back=url_for("many.index"),
    )  # fmt: skip


def _look(
    decision: Decision, form: Any, meant: Chosen, wanted: Sequence[str], refused: str = "", status: int = 200
) -> ResponseReturnValue:
    found = named(session(), wanted, _visible(decision))
    people = {person.id: person for person in (*meant.people, *found.people)}
    lines = [_tried(decision, form, person) for person in people.values()]
    can = [line for line in lines if not line.problem]
    for person in {*people.values(), *(one for _, who in found.matches for one in who)}:
        session().expunge(person)  # undoing forgets what is loaded, and the page names them all
    session().rollback()
    html = render_template(
        "people/several_look.html",
        decision=decision, said=decision.said(form), can=can, cannot=[line for line in lines if line.problem], found=found,
        refused=refused, where=_where(list(people)), kept=_kept(), lede=_lede(found, can, lines), crumbs=_crumbs(),
        back=url_for("many.index"),
    )  # fmt: skip
    return html, status


def _tried(decision: Decision, form: Any, person: Person) -> Line:
    """What it would do to somebody; what is written to find out is undone."""
    session().flush()
    nested = session().begin_nested()
    try:
        refuse_own(viewer().person_id, person.id)
        warning = decision.warning(form, person)
        done = decision.tried(form, person)
        session().flush()
        return Line(person, decision.words(form, done), warning=warning)
    except AttuneError as error:
        return Line(person, problem=tell(error.message))
    finally:
        nested.rollback()


def _where(person_ids: Sequence[int]) -> dict[int, str]:
    """The department of each of these people today."""
    tree = queries.tree(session(), today())
    departments = homes(session(), person_ids, today())
    return {
        person_id: tree.path(department) for person_id, department in departments.items() if department in tree.nodes
    }


def _kept() -> list[tuple[str, str]]:
    """What was filled in, for the next page."""
    gone = {"csrf_token", "do", "confirmed"}
    return [(name, value) for name, values in request.form.lists() if name not in gone for value in values]


def _lede(found: Named, can: Sequence[Line], lines: Sequence[Line]) -> str:
    people = ngettext("%(num)s person can be taken in.", "%(num)s people can be taken in.", len(can))
    left = len(lines) - len(can)
    said = [people]
    if left:
        said.append(ngettext("%(num)s person cannot.", "%(num)s people cannot.", left))
    missing = len(found.unknown) + len(found.doubtful)
    if missing:
        said.append(ngettext("%(num)s line names nobody for sure.", "%(num)s lines name nobody for sure.", missing))
    return " ".join(said)


def _crumbs() -> list[tuple[str, str]]:
    return [(gettext("People"), url_for("people.index")), (gettext("For several people"), url_for("many.index"))]
