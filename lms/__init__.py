"""Attune: cultural-competency and language-access training for hospitals."""

__version__ = "0.1.0"
