"""Bringing what is published into other people's systems, above all the CRM, without making a mess there.

Belongs here: the plan (what would be written, why, within which limits), carrying it out row by row, what is known of
the other side (ids, last written values, dead letters), what comes back from it; one adapter a system in `targets`.
Does not belong here: choosing values (`matching.golden`) or publishing (`publishing`).

Words: a **target** is a system written to; a **kind** one of its sorts of records (`res.partner`, `contacts`); an
**entity** is ours (`account`, `lead`); a **binding** says which record of the target stands for which entity of ours.
"""
