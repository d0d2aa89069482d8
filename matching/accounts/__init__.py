"""Spellings of the same company, step by step.

`company_names` counts the different ways the records describe a company, `rows` reads each of them, `linking` says
which are one company, by names, places and the people who name them; `resolution` gives them their ids with what people
said in `overrides`, `lead_to_account` finds every record its account; `known`
is what a company register of the home states of them; `shown` is the account as it is shown,
`buying_center` who plays which part there.
"""
