"""The change feed: what is published, told as what happened since, so that a sync job carries out changes only.

Belongs here: finding the changes between two states, the file beside the tables, the schema `crm` in PostgreSQL with
its feed, and how a consumer reads it. Does not belong here: what the tables hold (`publishing.tables`) or bringing
anything into a CRM (`delivery`).
"""
