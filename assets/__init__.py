"""The asset graph as Dagster shows it: one file per stage.

Belongs here: which pure function fills which table, and the metadata a data engineer wants to see.
Does not belong here: the work itself (`sources`, `enrichment`, `matching`, `publishing`).
"""
