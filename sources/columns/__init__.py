"""What columns mean: where a table begins, what its headers are called, which cells belong to which field."""
