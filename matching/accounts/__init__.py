"""Spellings of the same company: pairs with their evidence, clusters, parents, and who plays which part there."""
