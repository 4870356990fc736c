"""The hospital of the reports' tests, small enough to count by hand."""

from tests.reports.conftest import enter, house

__all__ = ["enter", "house"]
