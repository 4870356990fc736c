"""One line of the table of decisions: a page for one person and one for a list, and the same act on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_babel import LazyString, format_date

from lms.access import Permission
from lms.compliance import store
from lms.errors import N_, AttuneError, Conflict, Invalid
from lms.flows import staffing
from lms.people.models import Person
from lms.web.forms import Form
from lms.web.page import actor, session
from lms.web.words import gettext, ngettext


class Decision:
    """One line of the table.

    ``one`` decides about one person; :meth:`act` about all of a list, or about nobody. ``title`` and ``label`` are the page and the
    button, ``several`` the page for a list, ``what`` a sentence about it. ``alone``: it has a page for one person, too, in the tab ``tab``.
    """

    name: ClassVar[str]
    permission: ClassVar[Permission]
    form: ClassVar[type[Form]]
    several: ClassVar[LazyString]
    what: ClassVar[LazyString]
    label: ClassVar[LazyString]
    title: ClassVar[LazyString | str] = ""
    lede: ClassVar[LazyString | str] = ""
    alone: ClassVar[bool] = False
    document: ClassVar[bool] = True
    tab: ClassVar[str] = "people.training"

    def possible(self) -> bool:
        """Whether there is anything to decide about a list of people at all; a page for it is linked only then."""
        return True

    def begins(self) -> dict[str, Any]:
        """What the form holds when it is opened."""
        return {}

    def offer(self, form: Any, person: Person | None) -> None:
        """Fill in what there is to choose from, for one person or (None) for a list."""

    def nothing(self, form: Any) -> str:
        """Why nothing can be decided about this one person, where that is so: said in place of the form."""
        return ""

    def check(self, form: Any) -> None:
        """Refuse what is wrong whoever it is for.

        Raises:
            Invalid: the last day lies before the first.
        """
        first, last = form.data.get("from_day") or form.data.get("first_day"), form.data.get("last_day")
        if first and last and last < first:
            raise Invalid(N_("The last day lies before the first day."))

    def one(self, form: Any, person: Person, file_id: int | None) -> Any:
        """Decide about one person; their timeline is worked out by the caller. Raises what the action refuses."""
        raise NotImplementedError

    def tried(self, form: Any, person: Person) -> Any:
        """The same where it is undone at once, to see what it would do."""
        return self.one(form, person, None)

    def words(self, form: Any, done: Any) -> str:
        """What it would do to somebody, from what ``tried`` gave."""
        raise NotImplementedError

    def warning(self, form: Any, person: Person) -> str:
        """What is to be seen first about somebody to whom it can be done."""
        return ""

    def said(self, form: Any) -> str:
        """What was filled in, in a sentence."""
        raise NotImplementedError

    def act(self, form: Any, chosen: Sequence[Person], files: Mapping[int, int]) -> str:
        """Decide about all of them; gives the page to go to. ``files`` holds a document for each, where there is one.

        Raises:
            Conflict: it cannot be done for one of them; then for nobody.
        """
        ids = [person.id for person in chosen]
        store.lock(session(), ids)  # all at once and in one order, so that two lists never wait for each other
        for person in chosen:
            try:
                self.one(form, person, files.get(person.id))
            except AttuneError as error:
                raise Conflict(
                    N_("%(name)s: %(why)s Nothing was changed for anybody."),
                    name=person.display_name,
                    why=error.message,
                ) from None
        staffing.people_changed(session(), ids, actor())
        return url_for("many.index")

    def done(self, number: int) -> str:
        """What is said when it is done for so many."""
        return ngettext("Done for %(num)s person.", "Done for %(num)s people.", number)


def chosen_title(field: Any) -> str:
    """The title of what was chosen in a list."""
    return next(str(choice.label) for choice in field.choices if choice.value == field.data)


def said_days(form: Any) -> str:
    """From which day to which, in words; both days are meant."""
    first, last = form.from_day.data, form.last_day.data
    if last is None:
        return gettext("from %(first)s on, without an end", first=format_date(first))
    return gettext("from %(first)s to %(last)s", first=format_date(first), last=format_date(last))
