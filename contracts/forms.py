"""Forms: how the text of a column is written, each with the standard it follows.

Belongs here: the patterns. Does not belong here: closed vocabularies (`contracts.statuses`), turning text into a form
(`enrichment`). `COUNTRY` and `REASON` are codes of a list kept elsewhere (`reference.countries`, `contracts.reasons`);
the pattern says how a code is written, the list which ones there are.
"""

from __future__ import annotations

from contracts.table import Form

EMAIL = Form(r"^[^\s@A-Z]+@[^\s@A-Z]+\.[^\s@A-Z]{2,}$", "normalised: lower case, one @, no spaces")
DOMAIN = Form(r"^[^\s@/A-Z]+\.[^\s@/A-Z]{2,}$", "a bare domain in lower case")
E164 = Form(r"^\+[1-9]\d{6,14}$", "ITU-T E.164")
COUNTRY = Form(r"^[A-Z]{2}$", "ISO 3166-1 alpha-2")
LANGUAGE = Form(r"^[a-z]{2,3}$", "ISO 639")
HASH = Form(r"^[0-9a-f]{32}$", "XXH3-128 in hex, the sum of the cells (engine/row_hash)")
REASON = Form(r"^[a-z][a-z0-9_]*$", "a code of contracts/reasons")
LEAD_ID = Form(r"^L[A-Z2-7]{16}$", "opaque: never derived from e-mail or domain")
ACCOUNT_ID = Form(r"^A[A-Z2-7]{16}$", "opaque: never derived from a domain")
