"""E-mail: reading a cell, its domain, typing errors, kinds of mailbox, and (on request) whether it takes mail."""
