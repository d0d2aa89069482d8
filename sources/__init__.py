"""Reading lead files: any file a sales team drops, as raw records under canonical field names.

Belongs here: encodings, dialects, formats, headers, the identity of a record, the store of what was
read, and the reason whenever something could not be read. Does not belong here: what a value means
(`enrichment`), who is the same (`matching`), any scheduling.
"""
