"""Records of the same person, step by step.

`records` says what of each record can identify a person, `blocking` which records are worth comparing, `comparison` how
far two of them agree, `model` what that is worth, `decision` what follows for the pair; `judgement` is the course of
these. `clustering` makes persons of pairs, `resolution` gives them their ids, `evaluate` says how right it all is, and
`beliefs` what is held before any data is seen.
"""
