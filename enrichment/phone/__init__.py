"""Phone numbers: reading a cell, its country, whether the number can exist, what it is worth.

`clean` (columns), `reading` (cells by column), `notation` (one cell), `country` (which number it is, by the plans of
`numbering`), `verdict`.
"""
