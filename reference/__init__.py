"""What the rules look things up in: places, countries, IP ranges, number plans, mail domains, streets.

Belongs here: loading the small files of `data/`, each with its licence, and renewing them (`build`). Does not belong
here: judging a value by them (`enrichment`), anything downloaded at run time.
"""
