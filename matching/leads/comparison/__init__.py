"""Two records side by side: facts field by field, the level they reach, the levels of all fields as one pattern."""
