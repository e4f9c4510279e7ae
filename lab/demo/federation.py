"""Setting up a demo federation, step by step, as its people would.

Layer: lab. The governance board, the coordinator's operator and each member's engineer act with their
own commands in their own homes; fingerprints travel between them as they would by telephone.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.demo.processes import Workplace

FEDERATION = "demo.clew.example"
START_TIMEOUT_S = 30
AT_ONCE = 2  # set-up commands side by side; the machine we measure on has two cores


@dataclass(frozen=True, slots=True)
class DemoMember:
    """One organisation of the demo."""

    name: str
    display_name: str
    role: str
    agency_type: str


class DemoFederation:
    """A coordinator and its members, each in a home of its own below one directory."""

    def __init__(self, place: Workplace, members: Sequence[DemoMember], data: Path) -> None:
        self.place = place
        self.members = tuple(members)
        self.coordinator = place.root / "coordinator"
        self._data = data
        self._board = place.root / "governance-board"

    def home(self, member: str) -> Path:
        """Return a member's home directory."""
        return self.place.root / "nodes" / member

    def node(self, member: str, *words: str | Path) -> str:
        """Run a node command in a member's home."""
        return self.place.command("clew-node", *words, "--home", self.home(member))

    def ask_node(self, member: str, *words: str | Path, expect: int = 0) -> Any:
        """Run a node command in a member's home and return its JSON."""
        return self.place.ask("clew-node", *words, "--home", self.home(member), expect=expect)

    def operate(self, *words: str | Path) -> str:
        """Run an operator's command at the coordinator."""
        return self.place.command("clew-coordinator", *words, "--home", self.coordinator)

    def ask_operator(self, *words: str | Path) -> Any:
        """Run an operator's command at the coordinator and return its JSON."""
        return self.place.ask("clew-coordinator", *words, "--home", self.coordinator)

    def start_coordinator(self) -> None:
        """Make the governance key and the coordinator's home, and start the coordinator."""
        self.place.command("clew-coordinator", "governance-key", "--out", self._board)
        self.operate(
            "init",
            "--federation",
            FEDERATION,
            "--governance-key",
            self._board / "governance.pub",
            "--host",
            "localhost",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--enrolment-port",
            "0",
        )
        self.serve()
        self.place.wait_until(
            (self.coordinator / "ports.json").exists,
            timeout_s=START_TIMEOUT_S,
            waiting_for="the coordinator to listen",
        )

    def serve(self) -> None:
        """Start the coordinator's process."""
        self.place.start("coordinator", "clew-coordinator", "run", "--home", self.coordinator)

    def enrol_all(self) -> None:
        """Invite, enrol and approve every member, and put the signed agreement in force."""
        (self.place.root / "nodes").mkdir()
        self._each(self._enrol)
        draft, signed = self._board / "draft.json", self._board / "agreement.json"
        self.operate("agreement", "draft", "--custodian", self.members[0].name, "--out", draft)
        self.place.command(
            "clew-coordinator",
            "agreement",
            "sign",
            draft,
            "--key",
            self._board / "governance.key",
            "--out",
            signed,
        )
        self.operate("agreement", "publish", signed)

    def load_all(self) -> None:
        """Load each member's files into its node."""
        self._each(lambda member: self.node(member.name, "load", self._data / member.name))

    def start_nodes(self) -> None:
        """Start every node's daemon."""
        for member in self.members:
            self.start_node(member.name)

    def start_node(self, member: str) -> None:
        """Start one node's daemon."""
        self.place.start(member, "clew-node", "run", "--home", self.home(member), "--interval", "0.5")

    def _enrol(self, member: DemoMember) -> None:
        invitation = self.place.root / f"{member.name}.invitation"
        self.operate(
            "invite",
            member.name,
            "--display-name",
            member.display_name,
            "--role",
            member.role,
            "--agency-type",
            member.agency_type,
            "--out",
            invitation,
        )
        self.node(
            member.name,
            "init",
            "--invitation",
            invitation,
            "--governance-key",
            self._board / "governance.pub",
        )
        fingerprint = self.ask_node(member.name, "enrol")["fingerprint"]
        self.operate("enrolments", "approve", member.name, "--fingerprint", fingerprint)
        self.node(member.name, "enrol")

    def _each(self, act: Any) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(act, self.members))
