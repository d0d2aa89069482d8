"""Upkeep: what a night leaves to do once it has ended, and what a home needs over the years."""
