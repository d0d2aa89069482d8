"""Touchpoints: one act seen by several systems is one, and whose it is."""
