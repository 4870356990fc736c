"""The cut score of a panel, by hand and by published arithmetic; what is refused of a sheet."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lms.catalogue.angoff import cut_score, missing, panel_mark, probability, read_sheet
from lms.errors import Invalid

ITEMS = ["a", "b", "c", "d"]
SHEET = "item,One,Two,Three\na,.6,.5,.7\nb,.7,.8,.6\nc,.5,.6,.4\nd,.8,.9,.7\n"


def test_the_cut_score_is_the_mean_of_the_judges_sums() -> None:
    judges, ratings = read_sheet(SHEET, ITEMS)
    cut = cut_score(ITEMS, judges, ratings)
    assert cut is not None
    assert cut.sums == {"One": Fraction(26, 10), "Two": Fraction(28, 10), "Three": Fraction(24, 10)}
    assert (cut.score, cut.percent, cut.mark) == (Fraction(26, 10), 65, 65), (
        "exactly 65: no hair above, which would be 66"
    )
    assert cut.sd == pytest.approx(0.2) and cut.se == pytest.approx(0.115470, abs=1e-6)
    assert [(item.mean, item.wide) for item in cut.items][:2] == [(Fraction(6, 10), False), (Fraction(7, 10), False)]
    frozen = panel_mark("Spring", 2, cut)
    assert (frozen.mark, frozen.cut, frozen.sd, frozen.se, frozen.items["c"]) == (65, 65.0, 0.2, 0.1155, 0.5)


@pytest.mark.parametrize(
    ("sheet", "mark", "sd", "wide"),
    [
        ("item\tA\na\t0.5\n", 50, None, []),  # one judge: no spread
        ("item;A;B\na;0,5;0,8\nb;0,5;0,5\n", 58, 0.2121, ["a"]),  # 57.5 % is rounded up; 0.3 apart is wide
        ("item,A,B\na,1,1\nb,1,1\n", 100, 0.0, []),
        ("item,A,B\na,0,0\n", 0, 0.0, []),
    ],
)
def test_other_panels(sheet: str, mark: int, sd: float | None, wide: list[str]) -> None:
    judges, ratings = read_sheet(sheet, ITEMS)
    cut = cut_score(list(ratings), judges, ratings)
    assert cut is not None and cut.mark == mark
    assert cut.sd is None if sd is None else cut.sd == pytest.approx(sd, abs=1e-4)
    assert [item.item_id for item in cut.items if item.wide] == wide


def test_there_is_no_result_while_a_judgement_is_missing() -> None:
    judges, ratings = read_sheet("item,A,B\na,0.5,\nb,0.5,0.6\n", ITEMS)
    assert missing(["a", "b"], judges, ratings) == 1 and cut_score(["a", "b"], judges, ratings) is None
    assert missing(ITEMS, judges, ratings) == 5


@pytest.mark.parametrize("written", ["65", "65%", "-0.1", "1.01", "half", "", "0.5.5", "١", "1e-1", "0.123456789"])
def test_what_is_no_probability_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        probability(written)


def test_every_fault_of_a_sheet_is_told_by_its_line() -> None:
    with pytest.raises(Invalid) as told:
        read_sheet("item,A,A\na,0.5,0.5\nz,0.5,0.5\na,0.5,0.5\nb,0.5,65\nc,0.1,0.2,0.3\n", ITEMS)
    assert [problem.line for problem in told.value.problems] == [1, 3, 4, 5, 6]
    assert "0.65" in str(told.value.problems[3].message)
    for nothing in ("", "item\n", "\n\n"):
        with pytest.raises(Invalid):
            read_sheet(nothing, ITEMS)
