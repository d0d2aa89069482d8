"""E-mail addresses: reading a cell, the domain, the kind of mailbox, and whether mail arrives.

`clean` (columns and verdict), `reading` (cells by column), `notation` (one cell), `domains` with `near_names`,
`deliverability` with its `evidence_file`; `mailbox` is what stands behind an address.
"""
