"""A synthetic inbox with known truth: true people and companies, then what lists and typists do to them.

Belongs here: everything `leads sample` writes. Does not belong here: reading it, or any value of a real person.
"""
