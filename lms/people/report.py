"""What a file would do, as it is told before anything is changed: the same of every kind of file, and kept with its dry run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from lms.errors import N_, Conflict, Invalid, Message, Problem
from lms.people.fact_feed import FactPlan
from lms.people.plan import Verdict
from lms.people.prepared import Named, Prepared


@dataclass(frozen=True, slots=True)
class Report:
    """``hit`` of ``among`` would end (of staff: or move), and ``fuse`` is the share that may without confirmation; ``departments``
    are (code, name, whether it is new); ``ends`` are those who may take files in and would end themselves; ``digest`` is the same for files
    that would do the same."""

    rows: int = 0
    encoding: str = ""
    declared: bool = False
    letters: Mapping[str, Named] = field(default_factory=dict)
    warnings: Sequence[Message] = ()
    faults: int = 0
    problems: Sequence[Problem] = ()
    numbers: Mapping[int, str] = field(default_factory=dict)
    aside: Sequence[Problem] = ()
    kept: Sequence[Named] = ()
    kept_count: int = 0
    departments: Sequence[tuple[str, str, bool]] = ()
    counts: Counter[Verdict] = field(default_factory=Counter)
    named: Mapping[Verdict, Sequence[Named]] = field(default_factory=dict)
    hit: int = 0
    among: int = 0
    fuse: float = 0.1
    ends: Sequence[int] = ()
    digest: str = ""

    @staticmethod
    def of_staff(found: Prepared) -> Report:
        """What a file of staff would do."""
        departments = tuple((one.code, one.name, one.new) for one in found.departments)
        aside = sorted(found.numbers.get(each.line or 0, "") for each in found.aside)
        told = (found.rows, sorted(found.counts.items()), departments, found.kept_count, aside, found.digest)
        return Report(
            rows=found.rows, encoding=found.encoding, declared=found.declared, letters=found.letters, warnings=found.warnings,
            faults=found.faults, problems=found.problems, numbers=found.numbers, aside=found.aside, kept=found.kept,
            kept_count=found.kept_count, departments=departments, counts=found.counts, named=found.named,
            hit=found.counts[Verdict.ENDED] + found.counts[Verdict.MOVED], among=found.staff, fuse=found.fuse,
            ends=found.ends, digest=sha256(repr(told).encode()).hexdigest(),
        )  # fmt: skip

    @staticmethod
    def of_facts(plan: FactPlan) -> Report:
        """What a file of licences, duties, leaves or birth months would do."""
        return Report(
            rows=plan.rows, encoding=plan.encoding, declared=plan.options.encoding is not None, faults=plan.faults,
            problems=plan.problems, numbers=plan.numbers, aside=plan.aside, counts=plan.counts, named=plan.named,
            hit=plan.counts[Verdict.ENDED], among=plan.by_feed, fuse=plan.fuse, digest=plan.digest,
        )  # fmt: skip

    @property
    def share(self) -> float:
        """The share that would end or move, 0 to 1."""
        return self.hit / self.among if self.among else 0.0

    def blown(self, asker: int | None) -> bool:
        """Whether so much would end, or ``asker`` of all people, that it has to be confirmed."""
        return self.share > self.fuse or asker in self.ends

    @property
    def aside_lines(self) -> int:
        """How many lines are set aside."""
        return len({each.line for each in self.aside})

    def plain(self) -> dict[str, Any]:
        """As data that JSON holds."""
        simple = {name: getattr(self, name) for name in SIMPLE}
        return simple | {
            "letters": {letter: _named(one) for letter, one in self.letters.items()},
            "warnings": [each.plain() for each in self.warnings],
            "problems": [each.plain() for each in self.problems],
            "numbers": {str(line): number for line, number in self.numbers.items()},
            "aside": [each.plain() for each in self.aside],
            "kept": [_named(one) for one in self.kept],
            "departments": list(self.departments),
            "counts": {verdict.value: count for verdict, count in self.counts.items()},
            "named": {verdict.value: [_named(one) for one in some] for verdict, some in self.named.items()},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """From such data."""
        return cls(
            **{name: data[name] for name in SIMPLE if name in data},
            letters={letter: _one(one) for letter, one in data["letters"].items()},
            warnings=[Message.of(each) for each in data["warnings"]],
            problems=[Problem.of(each) for each in data["problems"]],
            numbers={int(line): number for line, number in data["numbers"].items()},
            aside=[Problem.of(each) for each in data["aside"]],
            kept=[_one(one) for one in data["kept"]],
            departments=[(code, name, new) for code, name, new in data["departments"]],
            counts=Counter({Verdict(verdict): count for verdict, count in data["counts"].items()}),
            named={Verdict(verdict): [_one(one) for one in some] for verdict, some in data["named"].items()},
        )


SIMPLE = ("rows", "encoding", "declared", "faults", "kept_count", "hit", "among", "fuse", "ends", "digest")


def refuse(report: Report, *, staff: bool, confirmed: bool, asker: int | None) -> None:
    """Refuse what ``asker`` may not take in.

    Raises:
        Invalid: there are faults, each in ``problems``.
        Conflict: the fuse: more would end or move than the set share, and nobody has confirmed it.
    """
    if report.faults:
        raise Invalid(N_("The file has %(count)s faults. Nothing was changed."), report.problems, count=report.faults)
    if confirmed or not report.blown(asker):
        return
    if asker in report.ends:
        raise Conflict(
            N_(
                "You are not in this file yourself, so your own employment would end. Nothing was changed. Confirm it if it is right."
            )
        )
    if not staff:
        raise Conflict(
            N_("This file would end %(hit)s of %(all)s entries. Nothing was changed. Look at the report; if it is right, confirm it."),
            hit=report.hit, all=report.among,
        )  # fmt: skip
    raise Conflict(
        N_(
            "This file would end or move %(hit)s of %(staff)s people, more than the %(fuse)s per cent that are allowed without "
            "confirmation. Nothing was changed. Look at the report; if it is right, confirm it."
        ),
        hit=report.hit, staff=report.among, fuse=round(report.fuse * 100, 1),
    )  # fmt: skip


def _named(one: Named) -> list[Any]:
    return [one.number, one.name, one.detail.plain() if one.detail else None]


def _one(data: Sequence[Any]) -> Named:
    number, name, detail = data
    return Named(number, name, Message.of(detail) if detail else None)
