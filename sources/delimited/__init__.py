"""CSV and its relatives, in blocks: dialect, rows that are ragged, text inside quotes."""
