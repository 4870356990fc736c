"""The hospital of the reports' tests, small enough to count by hand."""

from tests.reports.conftest import database_url, enter, house, house_template

__all__ = ["database_url", "enter", "house", "house_template"]
