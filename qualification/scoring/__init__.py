"""Scores: fit and behaviour by the rules of scoring.toml, and why."""
