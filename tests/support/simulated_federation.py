"""A coordinator and nodes in one process, with a clock of the test's own and calls that get lost.

Everything is the real thing but the network and the processes: a call may be lost before it arrives or its
answer after it took effect, an upload may break off, and any party may be killed between two of its acts.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import structlog
from structlog.testing import CapturingLogger

from coordinator import conductor as conducting
from coordinator.conductor import Conductor
from coordinator.directory import Directory
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.segments import SegmentDirectory
from coordinator.services.handlers import AgreementDesk, make_handlers
from coordinator.services.log import LogDesk
from coordinator.services.relay import Relay
from coordinator.services.rounds import RoundDesk
from coordinator.store.enrolments import EnrolmentStore
from coordinator.store.log import LogStore
from coordinator.store.relay import RelayStore
from coordinator.store.rounds import RoundStore
from coordinator.store.tables import metadata
from coordinator.transparency import TransparencyLog
from crypto.agreement import Thresholds
from crypto.encoding.schema import LinkageSchema
from crypto.errors import StateError, TransportError
from crypto.pki import PeerIdentity, Role
from node.context import NodeContext
from node.inbox import Inbox
from node.key_shares import receive_key_share
from node.participation import RoundWorker, tick
from node.store.store import open_store
from protos.conversion import encode_message, parse_message
from protos.hosting.database import open_database
from protos.messages import RelayKind, RoundOpening, RoundState, SignedDocument
from tests.support import node_bench as bench


class Killed(BaseException):
    """A party was killed; nothing of it may catch this."""


@dataclass
class Faults:
    """Decides what goes wrong; ``rate`` is the share of calls and acts that do."""

    random: Random
    rate: float = 0.0
    struck: int = 0

    def strike(self) -> bool:
        strikes = self.random.random() < self.rate
        self.struck += strikes
        return strikes


@dataclass
class LossyWire:
    """A node's connection: both ways can fail."""

    handlers: Any
    caller: PeerIdentity
    faults: Faults

    def call(self, method: Any, request: Any) -> Any:
        self._lose("the request")
        parsed = parse_message(method.request, encode_message(request))
        answer = self.handlers[method](self.caller, parsed)
        self._lose("the answer")
        return parse_message(method.answer, encode_message(answer))

    def upload(self, method: Any, parts: Iterable[Any]) -> Any:
        self._lose("the request")

        async def stream() -> AsyncIterator[Any]:
            for part in parts:
                if self.faults.strike():
                    raise TransportError("the upload broke off")
                yield parse_message(method.request, encode_message(part))

        answer = asyncio.run(self.handlers[method](self.caller, stream()))
        self._lose("the answer")
        return answer

    def _lose(self, what: str) -> None:
        if self.faults.strike():
            raise Killed if self.faults.random.random() < 0.3 else TransportError(f"{what} was lost")


@dataclass
class SimulatedFederation:
    """Nodes by name and their coordinator."""

    root: Path
    schema: LinkageSchema
    faults: Faults
    names: Sequence[str] = ("essex", "kent", "surrey")
    now: datetime = bench.NOW
    members: dict[str, Any] = field(default_factory=dict)
    said: CapturingLogger = field(default_factory=CapturingLogger)

    def __post_init__(self) -> None:
        self.members = {name: (bench.make_config(name), bench.make_keys()) for name in self.names}
        self.stores = {name: open_store(self.root / f"{name}.sqlite") for name in self.names}
        self.workers: dict[str, tuple[NodeContext, RoundWorker]] = {}
        self.engine = open_database(self.root / "coordinator.sqlite", metadata)
        self.start_coordinator()
        thresholds = Thresholds(0.5, 0.5, 0.95, 60.0, 1.0)
        agreement = bench.make_agreement(self.members, schema=self.schema, thresholds=thresholds)
        self.desk.publish(
            PeerIdentity(bench.FEDERATION, Role.OPERATOR, "operator"), SignedDocument(bench.sign(agreement))
        )

    def clock(self) -> datetime:
        return self.now

    def start_coordinator(self) -> None:
        """Assemble the coordinator from what is durable, as a start does."""
        log = TransparencyLog(LogStore(self.engine), key=bench.LOG_KEY, origin=bench.LOG_ORIGIN)
        journal = Journal(log, self.clock)
        enrolments = EnrolmentStore(self.engine)
        self.rounds = RoundStore(self.engine)
        directory = Directory(
            enrolments,
            federation=bench.FEDERATION,
            governance_public_key=bench.GOVERNANCE.public_key,
            clock=self.clock,
        )
        segments = SegmentDirectory(self.root / "segments")
        eraser = RoundEraser(self.rounds, segments, journal)
        eraser.finish()
        self.desk = AgreementDesk(enrolments, self.rounds, directory, journal)
        self.round_desk = RoundDesk(self.rounds, segments, directory, journal, eraser, self.clock)
        self.handlers = make_handlers(
            None,  # type: ignore[arg-type]  # nobody enrols here
            self.desk,
            self.round_desk,
            Relay(RelayStore(self.engine), directory, self.clock),
            LogDesk(log, LogStore(self.engine), directory),
        )
        logger = structlog.wrap_logger(self.said)
        self.conductor = Conductor(
            self.rounds, segments, directory, journal, eraser, clock=self.clock, log=logger
        )
        self.workers.clear()

    def open_round(self, opening: RoundOpening) -> str:
        return self.round_desk.open_round(opening, operator="operator").round_id

    def turn(self, name: str) -> None:
        """Let a node do everything there is to do; a lost call ends its turn, a kill its process."""
        if name not in self.workers:
            config, keys = self.members[name]
            wire = LossyWire(self.handlers, PeerIdentity(bench.FEDERATION, Role.FORCE, name), self.faults)
            context = NodeContext(config, keys, self.stores[name], self.clock, wire)
            self.workers[name] = (context, RoundWorker(context, structlog.wrap_logger(self.said)))
        context, worker = self.workers[name]
        inbox = Inbox(context, {RelayKind.KEY_SHARE: receive_key_share}, structlog.wrap_logger(self.said))
        try:
            tick(context, inbox, worker)
        except TransportError:
            return
        except StateError as error:
            if error.code not in _TRY_LATER:
                raise
        except Killed:
            del self.workers[name]

    def conduct(self) -> None:
        """Let the coordinator take its next step, or be killed on the way to storing its outcome."""
        current = self.rounds.find_latest()
        if current is None or current.is_over:
            return
        try:
            with self._failing_store():
                asyncio.run(self.conductor._advance(current))
        except Killed:
            self.start_coordinator()

    @contextmanager
    def _failing_store(self) -> Iterator[None]:
        stored = {name: getattr(self.rounds, name) for name in _DURABLE_STEPS}
        run = conducting._run

        def fragile(act: Callable[..., Any]) -> Callable[..., Any]:
            def strike_or_act(*args: Any, **kwargs: Any) -> Any:
                if self.faults.strike():
                    raise Killed
                done = act(*args, **kwargs)
                if self.faults.strike():
                    raise Killed
                return done

            return strike_or_act

        async def run_here(work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
            return [work(task) for task in tasks]

        for name, act in stored.items():
            setattr(self.rounds, name, fragile(act))
        conducting._run = run_here
        try:
            yield
        finally:
            for name in stored:
                delattr(self.rounds, name)
            conducting._run = run

    @property
    def state(self) -> RoundState | None:
        latest = self.rounds.find_latest()
        return None if latest is None else latest.state

    def close(self) -> None:
        for store in self.stores.values():
            store.close()
        self.engine.dispose()


_TRY_LATER = ("WRONG_STAGE", "STALE_ROUND", "TOO_LATE")  # the round moved on between two calls
_DURABLE_STEPS = ("change_round", "add_comparison", "add_clusters", "add_results", "erase_round")
