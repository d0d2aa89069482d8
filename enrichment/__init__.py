"""One field concept a folder, and what a whole record needs: from raw records to clean and enriched ones.

The floor plan of a field: `clean` (the columns); where people write in many ways also `notation` and `reading` (what
they mean) and `verdict` (what it is worth). Fields know `cells` and, in this order, `job`, `company`, `person`; no
other field.
"""
