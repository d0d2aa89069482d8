"""Over time: what decides which records and versions of them count, put together for the assets that ask.

Belongs here: the log of withdrawals of the home, and who reads dates and consents. Does not belong here: what follows
(`sources.store.versions`).
"""

from __future__ import annotations

import dagster as dg

from assets.resources.home import Home
from enrichment.collected_at import clean_collected_at
from enrichment.consent import clean_consent
from publishing.report.masking import without_contacts
from sources.store.versions import OverTime
from sources.withdrawals import read_withdrawals


def over_time(home: Home) -> OverTime:
    """What counts now; the log of withdrawals is read anew.

    Raises:
        dagster.Failure: the log has an error; trying again does not help.
    """
    try:
        withdrawals = read_withdrawals(home.match_overrides)
    except (OSError, ValueError) as error:
        raise dg.Failure(without_contacts(str(error)), allow_retries=False) from error
    return OverTime(withdrawals, lambda rows: clean_collected_at(rows)["collected_at"], clean_consent)
