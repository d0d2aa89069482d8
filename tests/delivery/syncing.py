"""A sync with the target in memory, as tests do it: plan and apply with no time lost."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from delivery.apply import Applied
from delivery.mapping import TargetMapping, read_mapping
from delivery.plan import Adopt, adopt_none
from delivery.state import State
from delivery.sync import Planned, carry_out, prepare
from tests.delivery.memory_target import MemoryTarget
from tests.delivery.publications import Night, home_of


class Syncing:
    """A target, its state and its mapping; `night` publishes, `sync` brings it there."""

    def __init__(self, home: Path) -> None:
        self.home = home_of(home)
        self.target = MemoryTarget()
        self.state = State(home / "sync" / "memory")
        self.mapping: TargetMapping = read_mapping("memory", home / "sync")
        self.published = Night()

    def night(self, **said: Any) -> Syncing:
        self.published = Night(**said)
        return self

    def plan(
        self,
        allowed: Collection[str] = (),
        adopt: Adopt = adopt_none,
        only: Collection[str] | None = None,
        *,
        shown: bool = True,
    ) -> Planned:
        publication = self.published.publication
        how: dict[str, Any] = {"allowed": allowed, "adopt": adopt, "only": only, "shown": shown}
        return prepare(self.mapping, publication, self.target, self.state, **how)

    def apply(self, plan_id: str | None = None, *, adopting: bool = True) -> Applied:
        publication = self.published.publication
        return carry_out(
            *(self.mapping, publication, self.target, self.state, plan_id),
            adopting=adopting,
            sleep=lambda seconds: None,
        )

    def sync(self, **how: Any) -> Applied:
        self.plan(**how)
        return self.apply()

    def actions(self) -> list[tuple[str, str]]:
        """What the next plan would do: action and key."""
        return [(step.action.value, step.key) for step in self.plan().plan.steps]

    def values(self, key: str) -> dict[str, Any]:
        """What the record of a key says, without what it does not."""
        return {name: it for name, it in self.target.by_key(key).values.items() if it not in (None, [])}
