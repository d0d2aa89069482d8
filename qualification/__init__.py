"""Qualification: from golden leads to leads sales should call now, and what each campaign cost and brought.

Belongs here: touchpoints, scores, stages, hand-over, figures and credits, each a plain function of tables, and the
rules an expert edits (`rules/`). Does not belong here: who a lead is (`matching`), the tables' shapes
(`contracts.qualified`).
"""
