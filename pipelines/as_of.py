"""As of a day: what the tables would have been, in a home of its own that changes nothing in the one it comes from.

Belongs here: making that home. Does not belong here: the night in it, which is like any other (`pipelines.night`).

Its inbox holds the files whose last change, which is what a night takes for their receipt, was on the day or before, by
the clock of `LEADS_TIMEZONE`. Rules, reference data, people's decisions, objections and erasures are those of today.
What is in no file of the inbox any more is not there, and ids of leads that were merged by evidence of a later day, or
before by evidence that is gone, may differ from those that were published then.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from assets.resources.home import Home
from engine.fence import NotAFile
from engine.swap import swap
from sources.lead_files import FOLDERS, LeadFile, lead_files


def home_as_of(home: Home, inbox: Path, day: date) -> Home:
    """`<home>/as_of/<day>`, made anew with the files received until then and today's settings and decisions.

    Args:
        home: whose settings and decisions hold.
        inbox: whose files are looked at.
        day: the last one that counts.

    Raises:
        OSError: it cannot be written.
        DagsterInvalidDefinitionError: `LEADS_TIMEZONE` or `LEADS_SCHEDULE` is nonsense.
    """
    from pipelines.schedules import TIMEZONE  # where that is nonsense, the command says so

    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(TIMEZONE))
    with swap(home.as_of / day.isoformat()) as new:
        new.mkdir(parents=True)
        for settings in _settings(home):
            if settings.is_dir():
                shutil.copytree(settings, new / settings.name)
            elif settings.exists():
                shutil.copy2(settings, new / settings.name)
        for file in (file for channel in FOLDERS for file in lead_files(inbox, channel)):
            if file.state.received_at < end and file.state.size >= 0:
                _copy(file, new / "inbox")
    return Home(home.as_of / day.isoformat())


def _settings(home: Home) -> tuple[Path, ...]:
    """What a person put into a home."""
    folders = (home.source_settings, home.match_overrides, home.rules, home.suppression, home.register, home.geoip)
    return *folders, home.qualification_rules, home.publishable, home.streets, home.mail_evidence


def _copy(file: LeadFile, inbox: Path) -> None:
    """A file with the date of its last change; what is no file is not read by a night either."""
    target = inbox.joinpath(*file.place.steps)
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(NotAFile), file.place.open() as received:
        with target.open("xb") as copy:
            shutil.copyfileobj(received, copy)
        os.utime(target, ns=(file.state.modified, file.state.modified))
