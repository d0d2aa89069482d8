"""The account as it is shown: its profile among all spellings, and whom it belongs to."""
