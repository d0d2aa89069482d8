"""Phone numbers: reading a cell, its country, whether the number can exist, what it is worth."""
