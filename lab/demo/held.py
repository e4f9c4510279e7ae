"""Run a federation up to the end of a round and keep what everybody holds then, for attack.

Layer: lab. The coordinator erases a round when it closes, so the processes are killed while it waits for a
member that was killed before: then everything that matching and resolution made is still in its home. What is
killed can be copied, because both services survive a kill at any moment.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crypto.errors import InputError, StateError
from lab.demo.federation import DemoFederation
from lab.demo.main import FORCES, LEAST_MEMBERS, MOST_MEMBERS, PARTNER, ROUND_TIMEOUT_S
from lab.demo.processes import Workplace
from lab.population import generate_federation, write_federation

KEPT = ("coordinator", "nodes")
HELD = ("ASSESSING", "PUBLISHED")  # the one waits for a member's summaries, the other for its collection
_BEFORE_LINKING = ("OPEN", "MATCHING", "RESOLVING")


@dataclass(frozen=True, slots=True)
class HoldOptions:
    """What the user asked for on the command line."""

    out: Path
    members: int
    records: int
    seed: int


def hold_round(options: HoldOptions, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run the federation and keep the homes of an open round, and who is who.

    Args:
        options: How large, and where to.
        progress: Called with the name of each stage.

    Returns:
        The folder, and how many records each member submitted.

    Raises:
        InputError: An option is out of range or the folder is not empty.
        StateError: The round was over before it could be held.
    """
    if not LEAST_MEMBERS <= options.members <= MOST_MEMBERS:
        raise InputError(f"--members: expected {LEAST_MEMBERS} to {MOST_MEMBERS}, the partner included")
    if options.out.exists() and (not options.out.is_dir() or any(options.out.iterdir())):
        raise InputError(f"--out: expected a new or empty folder, got {options.out}")
    root = Path(tempfile.mkdtemp(prefix="clew-round-"))
    place = Workplace(root)
    try:
        federation = _found(place, options, progress)
        submitted = _hold(federation, progress)
        place.kill_all()
        progress("copying homes")
        for name in KEPT:
            shutil.copytree(root / name, options.out / name, dirs_exist_ok=True)
        shutil.copytree(root / "data" / "lab", options.out / "lab")
        shutil.rmtree(root, ignore_errors=True)  # kept on failure: what went wrong is to be found there
    finally:
        place.stop_all()
    return {"out": str(options.out), "submitted": submitted}


def _found(place: Workplace, options: HoldOptions, progress: Callable[[str], None]) -> DemoFederation:
    progress("drawing people")
    members = (*FORCES[: options.members - 1], PARTNER)
    planted = generate_federation(
        forces=[member.name for member in members if member.role == "force"],
        partner=PARTNER.name,
        records_per_force=options.records,
        seed=options.seed,
        today=datetime.now(UTC).date(),
    )
    write_federation(planted, place.root / "data")
    federation = DemoFederation(place, members, place.root / "data" / "members")
    for stage, act in (
        ("starting the coordinator", federation.start_coordinator),
        ("enrolling members", federation.enrol_all),
        ("loading files", federation.load_all),
        ("starting nodes", federation.start_nodes),
    ):
        progress(stage)
        act()
    return federation


def _hold(federation: DemoFederation, progress: Callable[[str], None]) -> dict[str, int]:
    """Bring a round to where it waits for one member, and return what was submitted."""
    silent = federation.members[0].name
    progress("submitting encodings")
    federation.operate("round", "open")
    _await(federation, lambda status: status["members"][silent]["submitted"], "submissions")
    progress("matching")
    # It is killed while clusters are formed: it has said which rows are one record, and no more.
    _await(
        federation,
        lambda status: status["members"][silent]["resolved"] or status["state"] not in _BEFORE_LINKING,
        "resolution",
    )
    federation.place.kill(silent)
    _await(federation, lambda status: status["state"] not in (*_BEFORE_LINKING, "LINKING"), "linking")
    status = federation.ask_operator("round", "status")
    if status["state"] not in HELD:
        raise StateError(f"expected a round that waits for {silent}, got {status['state']}; try again")
    return {name: part["records"] for name, part in status["members"].items()}


def _await(federation: DemoFederation, reached: Callable[[Any], bool], waiting_for: str) -> None:
    federation.place.wait_until(
        lambda: reached(federation.ask_operator("round", "status")),
        timeout_s=ROUND_TIMEOUT_S,
        waiting_for=waiting_for,
    )
