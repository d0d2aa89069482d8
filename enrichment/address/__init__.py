"""Postal addresses: lines into parts, streets, and whether postcode, town and country agree.

`clean` (columns), `lines` (reading a whole address), `street` (reading a street line), `words` (what both tell lines
by), `locality` (the verdict) and `locality_columns` (the same by column), with `postcode`, `town` and `country`.
"""
