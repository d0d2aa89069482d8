"""Recipients: the words that say for whom something is (z.Hd., attn., c/o), whichever field they stand in.

Belongs here: choosing among the words of `data/recipient_words.csv`. Does not belong here: any word, and what to make
of what they announce (`enrichment/company/line`, `enrichment/person`, `enrichment/address`).
"""

from __future__ import annotations

from functools import partial

from enrichment.cells.word_lists import of_kinds

_of_kinds = partial(of_kinds, "recipient_words.csv")
ATTENTION, CARE_OF = _of_kinds("attention"), _of_kinds("care_of")
ATTENTION_OPENING, ATTENTION_LABEL = _of_kinds("attention_opening"), _of_kinds("attention_label")
