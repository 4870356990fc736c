"""What is known of duties to report to an authority who has not completed a training. Read in the sources named, not legal advice;
what was not found in them is said. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lms.errors import N_


@dataclass(frozen=True, slots=True)
class ReportingDuty:
    """A duty of the employer that goes with requirements whose citation holds one of ``marks``.

    The report on a year is due on the ``by`` (month, day) of the next one, for the first time in ``first_due``. ``says`` is what the
    source says, ``unknown`` what could not be found out; both are to be translated.
    """

    marks: tuple[str, ...]
    to: str
    by: tuple[int, int]
    first_due: int
    citation: str
    source: str
    as_of: date
    says: tuple[str, ...]
    unknown: tuple[str, ...]

    def due(self, year: int) -> date | None:
        """When the report on ``year`` is due; None where none is asked."""
        return date(year + 1, *self.by) if year + 1 >= self.first_due else None


DUTIES = (
    ReportingDuty(
        marks=("123630.3",),
        to=N_("the Attorney General of California"),
        by=(2, 1),
        first_due=2026,
        citation="Cal. Health & Safety Code 123630.3 (SB 464; AB 2319)",
        source="https://oag.ca.gov/health-care/ab2319",
        as_of=date(2026, 6, 30),
        says=(
            N_(
                "Hospitals, birth centers and clinics that the statute covers report proof of the training of their perinatal "
                "providers by 1 February each year, from 2026 on."
            ),
            N_("The report names those who have not completed it. The civil penalty begins at $5,000."),
        ),
        unknown=(
            N_(
                "Which fields the Attorney General asks for, and how the report is sent, was not found. Read the source first."
            ),
            N_(
                "Which twelve months a report is about was not found; this one takes the calendar year before it is due."
            ),
            N_(
                "Whether people who left, are on leave or are exempt are to be named was not found; they stand in groups of their own."
            ),
        ),
    ),
)


def duty_of(citations: Sequence[str]) -> ReportingDuty | None:
    """The duty that goes with a requirement, by the citations of its versions; None where none is known."""
    return next((duty for duty in DUTIES if any(mark in text for mark in duty.marks for text in citations)), None)
