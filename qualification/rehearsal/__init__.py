"""Rehearsal: what changed scoring rules would have done, before they count."""
