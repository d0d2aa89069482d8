"""Predictive score: how likely a qualified lead comes to sales, learned from this home alone, or why it is off."""
