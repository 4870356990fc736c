"""Completions that other systems recorded: read line by line, compared, taken in whole, and taken back."""
