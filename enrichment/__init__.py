"""One field concept a folder, and what a whole record needs: from raw records to clean and enriched ones.

Each field has one floor plan: `clean` (the columns), `notation` and `reading` (what people write), `verdict` (what it
is worth). Fields know `cells` and, in this order, `job`, `company`, `person`; no other field.
"""
