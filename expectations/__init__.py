"""What tables promise: rules for a row, and a Great Expectations suite for each table.

Belongs here: stating a promise, checking it and showing how it held. Does not belong here: filling a table, judging
one field (`enrichment`).
"""
