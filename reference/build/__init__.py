"""Renewing the shipped reference data: fetch published packages, keep what is needed, record where it came from.

Belongs here: one builder per kind of data, each a function from an unpacked package to compact files.
Does not belong here: anything needed at run time (the loaders stand beside this package). Running it
twice on the same package versions gives the same bytes.
"""
