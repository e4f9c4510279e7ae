"""What the operator reads: whom a stuck round waits for, why one failed, and where no home is."""

import io
import uuid
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from coordinator import operate
from coordinator.cli import app
from protos.messages import MemberProgress, RoundState, RoundStatus

MEMBERS = (
    MemberProgress("essex", 120, submitted=True, answered=True, collected=True, resolved=True),
    MemberProgress("kent", 80, submitted=True, answered=False, collected=False),
    MemberProgress("surrey", 0, submitted=False, answered=False, collected=False),
)


def make_status(state: RoundState, failure: str = "") -> RoundStatus:
    return RoundStatus(str(uuid.UUID(int=1)), 4, state, MEMBERS, 0, 0, failure)


@pytest.mark.parametrize(
    ("state", "awaited"),
    [
        (RoundState.OPEN, ["surrey"]),
        (RoundState.MATCHING, []),
        (RoundState.RESOLVING, ["kent"]),
        (RoundState.LINKING, []),
        (RoundState.ASSESSING, ["kent"]),
        (RoundState.PUBLISHED, ["kent"]),
        (RoundState.CLOSED, []),
        (RoundState.FAILED, []),
    ],
)
def test_a_round_waits_for_the_members_whose_turn_it_is(state: RoundState, awaited: list[str]) -> None:
    assert operate.list_awaited(make_status(state)) == awaited


def test_a_failed_round_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    monkeypatch.setattr(operate, "out", console)

    operate.show_status(make_status(RoundState.FAILED, "TOO_FEW_SUBMISSIONS"))

    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "Why: TOO_FEW_SUBMISSIONS, fewer than two members submitted in time; start their nodes" in shown


@pytest.mark.parametrize("words", ["round status", "round open", "enrolments list", "audit"])
def test_a_place_that_is_no_home_is_explained(words: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*words.split(), "--home", str(tmp_path)])

    assert result.exit_code == 1
    assert "is not a coordinator's home; make one with: clew-coordinator init" in result.stderr.replace(
        "\n", " "
    )
