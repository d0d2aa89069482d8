"""Caches: what a process keeps of the answers it worked out, in kinds that have a name.

Belongs here: the kinds and their sizes; a test keeps other ones out. Does not belong here: the answers to whole
columns of cells (`enrichment/cells/distinct`, under the same rules).

    functools.cache    what the code itself asks for: a table read once, one answer per country, field or form. It does
                       not grow with the data and holds nothing of anybody.
    keep_few           large things made for an object of which a process has one or two: a judge for its places.
    keep_words         answers about the words of a stream, few of which are new: names, towns, domains, codes.
    keep_cells         answers about the cells of a stream that come again in later batches: a street, a town with its
                       postcode, a browser.

What comes from records may speak of a person, so it is never kept for ever: only in bounded caches, in the memory of a
process that ends with the night. Cells that hardly ever come again (mailboxes, phone numbers, addresses of machines,
moments) are not kept at all: a batch asks for each of its distinct cells once anyway. All kinds may be called from
several threads at once.
"""

from __future__ import annotations

from functools import lru_cache

FEW, WORDS, CELLS = 4, 1 << 16, 1 << 17  # answers per function; the least recently used goes first

keep_few = lru_cache(FEW)
keep_words = lru_cache(WORDS)
keep_cells = lru_cache(CELLS)
