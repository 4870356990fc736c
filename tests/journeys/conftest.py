"""Journeys happen in the demo hospital."""

from tests.support.demo import config, database_url, demo_template, who

__all__ = ["config", "database_url", "demo_template", "who"]
