"""What is told of a night, read from a real run's log: the step and the kind of error, never what a cell holds."""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.damage import lost, mended
from assets.resources.home import Home
from pipelines.upkeep.after_night import BY_COMMAND, after_night, night_ended, night_failed
from pipelines.upkeep.outcome import outcome_of
from tests.conftest import Run
from tests.pipelines.upkeep.test_alerts import Web

PERSON = "erika.mustermann@example.org"
Night = Callable[[dg.AssetExecutionContext], Any]


def fails(error: BaseException) -> Night:
    def night(_: dg.AssetExecutionContext) -> Any:
        raise error

    return night


def wrapped(_: dg.AssetExecutionContext) -> Any:
    try:
        raise pl.exceptions.ComputeError(f"No space left on device (os error 28) at {PERSON}")
    except pl.exceptions.ComputeError as error:
        raise RuntimeError(PERSON) from error


def loses(context: dg.AssetExecutionContext) -> Any:
    lost(context.log, f"records of a file of {PERSON} are gone")


def mends(context: dg.AssetExecutionContext) -> Any:
    mended(context.log, "read again")


def breaks_a_rule(_: dg.AssetExecutionContext) -> Any:
    return dg.MaterializeResult(metadata={"rule_failures": ["The rule for phone broke: KeyError"]})


def unmet(_: dg.AssetExecutionContext) -> Any:
    return dg.MaterializeResult(
        check_results=[dg.AssetCheckResult(passed=False, check_name="gate", description="31 %")]
    )


def warned(_: dg.AssetExecutionContext) -> Any:
    warning = dg.AssetCheckResult(passed=False, check_name="gate", severity=dg.AssetCheckSeverity.WARN)
    return dg.MaterializeResult(check_results=[warning])


def well(_: dg.AssetExecutionContext) -> Any:
    return None


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def ran(instance: dg.DagsterInstance, night: Night, asset: str = "leads", **tags: str) -> dg.ExecuteInProcessResult:
    spec = dg.AssetCheckSpec("gate", asset=asset, blocking=True)
    checks = [spec] if night in (unmet, warned) else []

    @dg.asset(name=asset, check_specs=checks)
    def work(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        return night(context) or dg.MaterializeResult()

    @dg.asset(name="after", deps=[asset])
    def after() -> None: ...

    job = dg.Definitions(
        assets=[work, after], jobs=[dg.define_asset_job("nightly")], executor=dg.in_process_executor
    ).resolve_job_def("nightly")
    return job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)


def ended(run: dg.ExecuteInProcessResult) -> dg.DagsterEvent:
    return next(event for event in run.all_events if event.is_run_failure or event.is_job_success)


@pytest.mark.parametrize(
    ("night", "asset", "subject", "line"),
    [
        (fails(ValueError(PERSON)), "leads", "the night failed", "leads failed: ValueError"),
        (fails(OSError(errno.ENOSPC, "No space", PERSON)), "leads", "the night failed", "the disk is full; free some"),
        (wrapped, "leads", "the night failed", "the disk is full; free some"),
        (fails(dg.Failure("Deliver a.csv again")), "leads", "the night failed", "leads failed: Deliver a.csv again"),
        (fails(dg.Failure("no server")), "feed", "published, but not into PostgreSQL", "feed failed: no server"),
        (unmet, "leads", "the night failed", "gate of leads did not hold: 31 %"),
        (unmet, "published", "the night is held, not published", "gate of published did not hold: 31 %"),
        (loses, "leads", "published, but something is damaged", "Damaged: records of a file of"),
        (breaks_a_rule, "leads", "published without records on which a rule broke", "The rule for phone broke"),
    ],
    ids=["error", "disk", "disk, wrapped", "our words", "feed", "contract", "gate", "damage", "rule"],
)
def test_who_has_to_look_is_told_at_what(
    instance: dg.DagsterInstance, night: Night, asset: str, subject: str, line: str
) -> None:
    run = ran(instance, night, asset)
    outcome = outcome_of(instance, run.run_id)
    assert outcome is not None
    assert outcome.subject == f"Lead Refinery: {subject}"
    assert any(line in told for told in outcome.lines), outcome.lines
    assert outcome.lines[-1] == f"Run {run.run_id}"
    assert PERSON not in outcome.subject + "".join(outcome.lines)


@pytest.mark.parametrize("night", [well, warned, mends])
def test_of_a_night_that_went_well_nothing_is_told(instance: dg.DagsterInstance, night: Night) -> None:
    assert outcome_of(instance, ran(instance, night).run_id) is None


def test_a_run_that_is_not_there_is_no_good_night(instance: dg.DagsterInstance) -> None:
    with pytest.raises(LookupError):
        outcome_of(instance, "4711")


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Web]:
    receiver = Web(200)
    monkeypatch.setenv("LEADS_ALERT_WEBHOOK", receiver.url)
    monkeypatch.setenv("LEADS_HOME", str(tmp_path))
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def test_a_dead_receiver_and_a_full_disk_cost_nothing(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_ALERT_WEBHOOK", "http://127.0.0.1:1/")
    (said,) = after_night(instance, ran(instance, fails(ValueError())).run_id, Home(tmp_path))
    assert "No alert by webhook" in said


@pytest.mark.parametrize(("tags", "heard"), [({}, 1), ({BY_COMMAND: "1"}, 0)], ids=["daemon's run", "command's run"])
def test_each_night_is_told_once(instance: dg.DagsterInstance, web: Web, tags: dict[str, str], heard: int) -> None:
    """By the daemon's sensor where the daemon ran it, by the command where that did."""
    run = ran(instance, fails(ValueError()), **tags)
    context = dg.build_run_status_sensor_context(
        sensor_name="night_failed",
        dagster_instance=instance,
        dagster_run=run.dagster_run,
        dagster_event=ended(run),
    ).for_run_failure()
    assert isinstance(night_failed(context), dg.SkipReason)
    assert len(web.heard) == heard


def test_a_night_that_went_well_is_no_alert(instance: dg.DagsterInstance, web: Web) -> None:
    run = ran(instance, well)
    context = dg.build_run_status_sensor_context(
        sensor_name="night_ended",
        dagster_instance=instance,
        dagster_run=run.dagster_run,
        dagster_event=ended(run),
    )
    assert isinstance(night_ended(context), dg.SkipReason)
    assert web.heard == []


@pytest.mark.slow
def test_the_command_tells_of_a_failed_night_once(tmp_path: Path, leads: Run, web: Web) -> None:
    assert leads("run", "--home", tmp_path).returncode == 1
    assert [told["subject"] for told in web.heard] == ["Lead Refinery: the night failed"]


def test_the_command_tells_of_a_night_that_could_not_begin(
    tmp_path: Path, leads: Run, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_KEEP_RUNS_DAYS", "some")
    done = leads("run", "--home", tmp_path)
    assert done.returncode == 2
    assert "LEADS_KEEP_RUNS_DAYS=some is no number" in done.stdout
    assert [told["subject"] for told in web.heard] == ["Lead Refinery: the night could not begin"]
