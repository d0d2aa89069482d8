"""Company cells: the name, its legal form, what else stands on the line, register numbers, the web domain."""
