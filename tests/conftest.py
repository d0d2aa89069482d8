"""What holds for all tests: a generated example may take its time, for a busy machine is no defect."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("lead_refinery", deadline=None)
settings.load_profile("lead_refinery")
