"""Upkeep of the installation: `leads reference build`.

Belongs here: what is typed and printed back. Does not belong here: the work itself.
"""

from __future__ import annotations


def reference_build() -> None:
    """Renew the embedded reference data from its public packages (needs the network)."""
    from reference.build.__main__ import build

    build()
