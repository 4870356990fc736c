"""Riverbend Health: a hospital that does not exist, for trying Attune. The same seed, size and day give the same hospital."""
