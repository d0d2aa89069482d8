"""Decisions of people: the log, how each stands, and what the machine does about it."""
