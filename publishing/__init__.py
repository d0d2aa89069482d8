"""The contract a CRM reads: published tables, swapped in as one, what changed, and the report of the night."""
