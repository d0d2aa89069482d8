"""The asset graph as Dagster shows it: a file for each stage of the night.

Belongs here: which pure function fills which table, and the metadata a data engineer wants to see.
Does not belong here: the work itself (`sources`, `enrichment`, `matching`, `publishing`).
"""
