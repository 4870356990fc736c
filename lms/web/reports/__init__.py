"""Figures: completion, today, teams, the rollup for leadership, saved views, evidence."""
