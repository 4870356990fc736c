"""Licences and duties: what a line of a feed, a correction or an end makes of what is known. Tables, no database."""

from __future__ import annotations

from datetime import date

import pytest

from lms.clock import FOR_EVER
from lms.errors import AttuneError
from lms.people.holdings import Tagged, Term, corrected, ended, given, issued, laid_down, runs, tag, term, told
from lms.policies.documents import PDF, TEXT, kind_of, language_for

D = date.fromisoformat


def rn(first: str, last: str | None, *, renewal: bool = False, number: str = "47", id: int | None = None) -> Term:
    return term("RN", "MI", number, D(first), D(last) if last else None, renewal=renewal)._replace(id=id)


FIRST = rn("2020-04-01", "2022-03-31", id=1)
SECOND = rn("2022-04-01", "2024-03-31", renewal=True, id=2)


@pytest.mark.parametrize(
    ("why", "known", "row", "wanted"),
    [
        ("new", [], rn("2020-04-01", "2022-03-31"), [("2020-04-01", "2022-04-01")]),
        ("said again", [FIRST], rn("2020-04-01", "2022-03-31"), [("2020-04-01", "2022-04-01")]),
        ("the first issue and a later last day: renewed", [FIRST], rn("2020-04-01", "2024-03-31"),
         [("2020-04-01", "2022-04-01"), ("2022-04-01", "2024-04-01")]),
        ("renewed once more", [FIRST, SECOND], rn("2020-04-01", "2026-03-31"),
         [("2020-04-01", "2022-04-01"), ("2022-04-01", "2024-04-01"), ("2024-04-01", "2026-04-01")]),
        ("the renewal with its own day", [FIRST], rn("2022-04-01", "2024-03-31"),
         [("2020-04-01", "2022-04-01"), ("2022-04-01", "2024-04-01")]),
        ("ends earlier", [FIRST], rn("2020-04-01", "2021-06-30"), [("2020-04-01", "2021-07-01")]),
        ("the last term ends earlier", [FIRST, SECOND], rn("2020-04-01", "2023-06-30"),
         [("2020-04-01", "2022-04-01"), ("2022-04-01", "2023-07-01")]),
        ("the term of a renewal corrected", [FIRST, SECOND], rn("2022-04-01", "2024-04-30"),
         [("2020-04-01", "2022-04-01"), ("2022-04-01", "2024-05-01")]),
        ("without an end, then with one", [rn("2020-04-01", None, id=1)], rn("2020-04-01", "2026-03-31"),
         [("2020-04-01", "2026-04-01")]),
        ("another number is another licence", [FIRST], rn("2021-01-01", None, number="48"),
         [("2020-04-01", "2022-04-01"), ("2021-01-01", "9999-12-31")]),
        ("an issue nobody knows", [SECOND], rn("2019-01-01", "2021-12-31"), None),
        ("ends before its last renewal", [FIRST, SECOND], rn("2020-04-01", "2021-12-31"), None),
    ],
)  # fmt: skip
def test_a_line_of_a_feed(why: str, known: list[Term], row: Term, wanted: list[tuple[str, str]] | None) -> None:
    if wanted is None:
        with pytest.raises(AttuneError):
            told(known, row)
        return
    after = told(known, row)
    assert sorted((str(t.from_day), str(t.to_day)) for t in after) == wanted, why
    assert told([t._replace(id=place) for place, t in enumerate(after)], row) is not None
    again = told([t._replace(id=place) for place, t in enumerate(after)], row)
    assert len(again) == len(after) and all(t.id is not None for t in again), "said twice, nothing changes"


def test_what_is_typed_is_checked_and_superseded() -> None:
    for wrong in (
        ("", "MI", "", "2020-01-01", None),
        ("RN", "XX", "", "2020-01-01", None),
        ("RN", "MI", "", "2020-02-01", "2020-01-01"),
    ):
        with pytest.raises(AttuneError):
            term(wrong[0], wrong[1], wrong[2], D(wrong[3]), D(wrong[4]) if wrong[4] else None)
    with pytest.raises(AttuneError):
        issued([FIRST], rn("2021-01-01", None))  # overlaps, and is no renewal
    early = rn("2022-03-01", "2024-02-29", renewal=True)
    assert issued([FIRST], early)[-1] == early, "renewed before the term is over"
    assert [t.id for t in corrected([FIRST, SECOND], 2, rn("2022-04-02", "2024-03-31", renewal=True))] == [1, None]
    assert ended([FIRST, SECOND], 2, D("2022-03-01")) == (FIRST,), "never held"
    assert ended([FIRST], 1, D("2021-01-31"))[0].to_day == D("2021-02-01")
    with pytest.raises(AttuneError):
        ended([FIRST], 7, D("2021-01-31"))
    lapsed = rn("2025-01-01", None, renewal=True, id=3)
    assert [[t.id for t in run] for run in runs([lapsed, SECOND, FIRST])] == [[1, 2], [3]], "a gap is a new run"


def test_duties() -> None:
    assert tag(" In-Home  Care ") == "in-home-care"
    with pytest.raises(AttuneError):
        tag(" - ")
    one = Tagged("perinatal", D("2024-01-01"), FOR_EVER, 1)
    with pytest.raises(AttuneError):
        given([one], "perinatal", D("2025-01-01"), FOR_EVER)
    assert laid_down([one], 1, D("2024-06-30"))[0].to_day == D("2024-07-01")
    assert laid_down([one], 1, D("2023-12-31")) == ()


def test_policy_documents_are_told_by_what_they_hold() -> None:
    assert kind_of(b"%PDF-1.7 ...") == PDF
    assert kind_of(b"Cada paciente\n") == TEXT
    for program in (b"MZ\x90\x00\x03", b"PK\x03\x04\x14", b"\x7fELF\x02", b"   \n"):
        with pytest.raises(AttuneError):
            kind_of(program)
    assert [language_for(["en", "es"], tag) for tag in ("es-MX", "vi")] == ["es", "en"]
    assert language_for(["es"], "vi") == "es"
