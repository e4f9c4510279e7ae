"""Fixtures and rules for every test: a skip is a failure where the whole suite must have run."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from crypto.pki import Role
from tests.support.coordinator_process import CoordinatorProcess
from tests.support.scripted_member import ScriptedMember

# Reproducible everywhere: the same examples on each run, no database left behind, no timing.
settings.register_profile("clew", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("clew")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failure under CI=true, so that a green run means that everything ran."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped module into a failure under CI=true."""
    report = yield
    _refuse_skip(report, collector.nodeid)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, nodeid: str) -> None:
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{nodeid} was skipped, and under CI=true nothing may be: {report.longrepr}"


@pytest.fixture
def coordinator_process(tmp_path: Path) -> Iterator[CoordinatorProcess]:
    """A coordinator of this test's own, running, with nobody enrolled."""
    yield from _run_coordinator(tmp_path / "coordinator")


@pytest.fixture(scope="session")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoordinatorProcess]:
    """A coordinator shared by tests that change nothing, with the members of ``federation_members``."""
    yield from _run_coordinator(tmp_path_factory.mktemp("federation") / "coordinator")


@pytest.fixture(scope="session")
def federation_members(federation: CoordinatorProcess) -> dict[str, ScriptedMember]:
    """Two forces and a partner agency, enrolled and in the agreement of ``federation``."""
    members = make_members()
    federation.found_federation(members.values())
    return members


def make_members() -> dict[str, ScriptedMember]:
    """Return two forces and a partner agency that have not enrolled yet."""
    members = (
        ScriptedMember("essex"),
        ScriptedMember("kent"),
        ScriptedMember("care", Role.PARTNER, "SOCIAL_CARE"),
    )
    return {member.name: member for member in members}


def _run_coordinator(root: Path) -> Iterator[CoordinatorProcess]:
    process = CoordinatorProcess(root)
    process.initialise()
    process.start()
    try:
        yield process
    finally:
        process.stop()
