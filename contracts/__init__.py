"""The tables at each boundary of the pipeline, as promises.

Belongs here: column names, types, descriptions, closed vocabularies, forms and reason codes,
one file per boundary (`raw`, `clean`, `matched`, `published`), and the schema readers were promised.
Does not belong here: code that fills a table. Every room may import `contracts`;
`contracts` imports no room.
"""
