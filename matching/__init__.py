"""Who is the same: records of one person (`leads`), spellings of one company (`accounts`), what survives (`golden`).

The three do not know each other; stable ids, decisions of people and what names sound like stand beside them.
"""
