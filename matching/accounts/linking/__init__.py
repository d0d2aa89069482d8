"""Rows that are one company: which are compared, how they relate, the rules, and links joined without chains."""
