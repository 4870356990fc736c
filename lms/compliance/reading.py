"""Reading a rule from JSON: a cursor over nested objects that notes every fault instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from lms.errors import N_, Invalid, Message, Problem


class Reader:
    """One JSON object of the rule, and where it stands. All readers of one rule share one list of problems."""

    def __init__(self, data: Mapping[str, object], path: str, problems: list[Problem], all_of_it: list[Reader]) -> None:
        self._data = data
        self._path = path
        self._problems = problems
        self._all = all_of_it
        self._read: set[str] = set()
        all_of_it.append(self)

    @staticmethod
    def of(data: object) -> Reader:
        """A reader of the whole rule or file; raises :class:`lms.errors.Invalid` where that is no JSON object."""
        if not isinstance(data, Mapping):
            raise Invalid(N_("A rule is a JSON object with the fields courses and first at least."))
        return Reader(data, "", [], [])

    def finish(self, refusal: str = N_("The rule cannot be used.")) -> None:
        """Raise :class:`lms.errors.Invalid` with every fault that was noted, fields nobody asked for included."""
        for reader in self._all:
            for name in reader._data:
                if name not in reader._read:
                    reader.fault(
                        str(name), N_("There is no such field here."), N_("Remove it, or correct its spelling.")
                    )
        if self._problems:
            raise Invalid(refusal, sorted(self._problems, key=lambda p: p.where or ""))

    def fault(self, name: str | None, msgid: str, remedy: str, **params: object) -> None:
        where = self._at(name) if name else self._path.rstrip(".")
        value = self._data.get(name) if name else None
        found = None if value is None else str(value)
        self._problems.append(Problem(Message(msgid, params), Message(remedy, params), where=where, value=found))

    def ignore_rest(self) -> None:
        """Do not report the fields of this object as unknown: a fault of the whole object is noted already."""
        self._read.update(self._data)

    def has(self, name: str) -> bool:
        return name in self._data

    def is_text(self, name: str) -> bool:
        return isinstance(self._data.get(name), str)

    @property
    def problems(self) -> list[Problem]:
        """What was noted so far, by all readers of the same whole."""
        return self._problems

    def raw(self, name: str) -> object:
        """Whatever the field holds, for somebody else to read."""
        return self._take(name)

    def path(self, name: str) -> str:
        """Where the field stands in the whole."""
        return self._at(name)

    def group(self, name: str, optional: bool = False) -> Reader | None:
        """The object in field ``name``; None, with a fault unless it is optional and absent, if there is none."""
        value = self._take(name)
        if isinstance(value, Mapping):
            return Reader(value, self._at(name) + ".", self._problems, self._all)
        if value is not None or not optional:
            self.fault(
                name, N_("This field must be an object."), N_("Write it in braces, as in the description of rules.")
            )
        return None

    def groups(self, name: str) -> list[Reader]:
        """The objects in the list in field ``name``; at least one."""
        value = self._take(name)
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            self.fault(
                name, N_("This field must be a list with at least one entry."), N_("Write the entries in brackets.")
            )
            return []
        readers = []
        for place, entry in enumerate(value):
            if isinstance(entry, Mapping):
                readers.append(Reader(entry, f"{self._at(name)}[{place}].", self._problems, self._all))
            else:
                self.fault(name, N_("Every entry of this list must be an object."), N_("Write each entry in braces."))
        return readers

    def names(self, name: str) -> list[str]:
        """The texts in the list in field ``name``; at least one, none empty."""
        value = self._take(name)
        if (
            not isinstance(value, Sequence)
            or isinstance(value, str)
            or not value
            or not all(isinstance(entry, str) and entry for entry in value)
        ):
            self.fault(name, N_("This field must be a list of names."), N_('Write for example ["cc-101"].'))
            return []
        return [str(entry) for entry in value]

    def maybe(self, name: str) -> str | None:
        """A text, or None where the field is left out."""
        self._read.add(name)
        return self.word(name) if self._data.get(name) is not None else None

    def word(self, name: str) -> str:
        """A text that is not empty; a number or a day is taken as it is written."""
        value = self._take(name)
        if isinstance(value, int | date) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.fault(name, N_("This field must be a text."), N_("Write a word, in quotes if it looks like a number."))
        return ""

    def quantity(self, name: str, unit: int) -> int:
        """A number from 0 up, parts allowed, in whole ``unit``-ths: 1.5 hours of 50 minutes are 75."""
        value = self._take(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 10_000:
            return round(value * unit)
        self.fault(name, N_("This field must be a number of hours."), N_("Write it without quotes, such as 1.5."))
        return 0

    def count(self, name: str, default: int | None) -> int | None:
        """A whole number from 0 up."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 36500:
            self.fault(
                name, N_("This field must be a whole number from 0 to 36500."), N_("Write digits without quotes.")
            )
            return default
        return value

    def number(self, name: str, lowest: int, highest: int) -> int:
        """A whole number that must be there, from ``lowest`` to ``highest``."""
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self.fault(
            name,
            N_("This field must be a whole number from %(lowest)s to %(highest)s."),
            N_("Write a number from %(lowest)s to %(highest)s without quotes."),
            lowest=lowest,
            highest=highest,
        )
        return lowest

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self._take(name)
        if value is None:
            return default
        if isinstance(value, str) and value in allowed:
            return value
        options = ", ".join(allowed)
        self.fault(name, N_("This field has no such value."), N_("Use one of: %(options)s."), options=options)
        return default

    def flag(self, name: str, default: bool) -> bool:
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, N_("This field must be true or false."), N_("Write true or false without quotes."))
            return default
        return value

    def day(self, name: str) -> date | None:
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, date):
            return value
        try:
            if isinstance(value, str) and len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.fault(name, N_("This field must be a calendar day."), N_("Write it as year-month-day: 2026-06-30."))
        return None

    def days(self, name: str) -> list[date]:
        """The days in a list, which may be left out."""
        value = self._take(name)
        if value is None:
            return []
        entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        try:
            return [each if isinstance(each, date) else date.fromisoformat(str(each)) for each in entries]
        except ValueError:
            self.fault(name, N_("This field must be a list of days."), N_("Write each as year-month-day: 2026-06-30."))
            return []

    def counts(self) -> dict[str, int]:
        """Every field of this object, as a whole number from 0 up."""
        return {name: self.count(name, 0) or 0 for name in self._data}

    def must_day(self, name: str) -> date:
        """A day that must be there."""
        found = self.day(name)
        if found is None and self._data.get(name) is None:
            self.fault(name, N_("A calendar day is missing here."), N_("Write it as year-month-day: 2026-06-30."))
        return found or date.min

    def _take(self, name: str) -> object:
        self._read.add(name)
        return self._data.get(name)

    def _at(self, name: str) -> str:
        return f"{self._path}{name}"
