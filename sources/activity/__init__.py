"""Activity among the files of the inbox: events, feedback, deals and costs, told from leads and kept apart.

Belongs here: which shape a table has, reports of several tables, the store of rows as received. Does not belong here:
what a row means (`qualification.activity`), reading formats (`sources.formats`).
"""
