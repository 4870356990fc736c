"""Drafts of requirements: built as a form or as text, rehearsed against the people there are, and published."""
