"""A change that has a page of its own: show the form, act, say what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext

from lms.errors import AttuneError, Denied, NotFound
from lms.web.page import commit, say, session, tell
from lms.web.people.people_forms import last_of


def form_page(
    form: Any,
    act: Callable[[], str],
    title: str,
    label: str,
    back: str,
    *,
    lede: str = "",
    kind: str = "primary",
    order: tuple[str, ...] = (),
    crumb: tuple[str, str] | None = None,
    top: tuple[str, str] | None = None,
    files: bool = False,
    nothing: str = "",
) -> ResponseReturnValue:
    """Show a form; when it was sent rightly, act, commit and go where ``act`` says. What the action refuses stands above the form.

    ``crumb`` and ``top`` are (name, address) of the page above and of the part of the house (None: people); ``files``: it sends files;
    ``nothing``: why there is nothing to fill in, shown in place of the form.
    """
    refused: list[tuple[str, None]] = []
    status = 200
    if form.validate_on_submit():
        try:
            target = act()
            commit()
        except AttuneError as error:
            if isinstance(error, Denied | NotFound):
                raise
            session().rollback()
            refused, status = [(tell(error.message), None)], error.status
        else:
            say(gettext("Saved."))
            return redirect(target, 303)
    fields = [form[name] for name in order] or [f for f in form if f.type not in ("CSRFTokenField", "HiddenField")]
    return render_template(
        "people/form.html",
        form=form, fields=fields, refused=refused, title=title, label=label, back=back, lede=lede, kind=kind, crumb=crumb,
        top=top, files=files, nothing=nothing,
    ), 422 if form.errors else status  # fmt: skip


def days(fact: Any) -> str:
    """The days of a dated fact as people say them, the last one included."""
    last = last_of(fact.to_day)
    if last is None:
        return str(gettext("since %(first)s", first=format_date(fact.from_day)))
    return str(gettext("%(first)s to %(last)s", first=format_date(fact.from_day), last=format_date(last)))
