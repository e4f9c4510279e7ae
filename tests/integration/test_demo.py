"""The demo's whole story, small, with everything that crosses the coordinator's handlers recorded."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.canary_forms import Canary
from lab.demo.federation import DemoFederation
from lab.demo.main import DemoOptions, run_demo
from lab.leaksearch import LeakSearch

RECORDS = 300


class TappedFederation(DemoFederation):
    """A federation whose coordinator writes every decrypted message to a file."""

    tap: Path

    def serve(self) -> None:
        type(self).tap = self.place.root / "tap"
        self.place.start(
            "coordinator", "python", "-m", "tests.support.tapped_coordinator", self.coordinator, self.tap
        )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    patch = pytest.MonkeyPatch()
    patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("demo")))
    patch.setattr("tempfile.tempdir", None)
    try:
        return run_demo(
            DemoOptions(records=RECORDS, keep=True, as_json=True), federation_type=TappedFederation
        )
    finally:
        patch.undo()


QUALITY = "People known to two forces are found, and strangers are not joined"


def test_every_check_of_the_demo_holds(outcome):
    failed = [check for check in outcome["checks"] if not check["held"] and check["claim"] != QUALITY]
    assert failed == []
    assert len(outcome["checks"]) >= 12


def test_linkage_of_a_small_demo_is_near_its_goals(outcome):
    # With 25 true pairs two chance links miss the goals of F08, which the full demo is held to.
    (figures,) = [check["figures"] for check in outcome["checks"] if check["claim"] == QUALITY]
    recall, precision = (float(share) for share in re.findall(r"(?:recall|precision) ([0-9.]+)%", figures))
    assert recall >= 80
    assert precision >= 80


def test_no_message_that_reaches_or_leaves_the_coordinators_handlers_names_a_planted_person(outcome):
    data = TappedFederation.tap.read_bytes()
    assert len(data) > 100_000, "the tap recorded the round"
    canaries = _canaries(TappedFederation.tap.parent)
    assert LeakSearch(canaries).find_in_bytes(data, name="tap") == []


def test_a_planted_name_sent_to_a_handler_is_found_in_the_tap(outcome, tmp_path):
    root = TappedFederation.tap.parent
    canary = next(c for c in _canaries(root) if c.kind == "NAME")
    home = root / "coordinator"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.tapped_coordinator", str(home), str(tmp_path / "tap")]
    )
    try:
        _invite(home, canary.value, tmp_path / "leak.invitation")
    finally:
        server.terminate()
        server.wait(10)
    found = LeakSearch([canary]).find_in_bytes((tmp_path / "tap").read_bytes(), name="tap")
    assert found, "the positive control must be found, or finding nothing means nothing"


def _canaries(root: Path) -> list[Canary]:
    stored = json.loads((root / "data" / "lab" / "canaries.json").read_text(encoding="utf-8"))
    return [Canary(**canary) for canary in stored]


def _invite(home: Path, display_name: str, out: Path) -> None:
    command = [Path(sys.executable).parent / "clew-coordinator", "invite", "leak", "--home", home]
    for _ in range(60):
        done = subprocess.run(
            [*map(str, command), "--display-name", display_name, "--out", str(out)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        assert "not running" in done.stderr or "cannot reach" in done.stderr, done.stderr
    raise AssertionError("the coordinator did not start")
