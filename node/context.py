"""A connected node: everything a use case needs, and nothing it could use to reach around it.

Layer: node. Made once per process (or per command) and passed down; the clock, the wire and the store
are arguments, so that tests replace them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from crypto.agreement import Agreement, verify_agreement
from crypto.errors import StateError
from node.config import NodeConfig
from node.home import NodeHome, NodeKeys
from node.store.store import NodeStore, open_store
from protos.channel import Channel
from protos.hosting.clock import read_clock
from protos.hosting.database import require_database
from protos.messages import RelayKind, RelayMessage
from protos.methods import Method

Q = TypeVar("Q")
A = TypeVar("A")


class Wire(Protocol):
    """How a node talks to the coordinator; :class:`protos.channel.Channel` is the real one."""

    def call(self, method: Method[Q, A], request: Q) -> A:
        """Call a method."""

    def upload(self, method: Method[Q, A], parts: Iterable[Q]) -> A:
        """Stream parts to a method."""


@dataclass(frozen=True, slots=True)
class LocalNode:
    """A node without its connection: enough to load records and to show what it knows.

    Attributes:
        config: Who this node is.
        keys: Its private keys.
        store: Its database.
        clock: Tells the time, aware.
    """

    config: NodeConfig
    keys: NodeKeys
    store: NodeStore
    clock: Callable[[], datetime]

    def find_agreement(self) -> Agreement | None:
        """Return the newest accepted agreement, verified again under the pinned key; None before any.

        Raises:
            VerificationError: It has expired, or the database was altered.
        """
        held = self.store.federation.find_agreement()
        return None if held is None else verify_own_agreement(self.config, held[1], now=self.clock())

    def get_agreement(self) -> Agreement:
        """Return the newest accepted agreement; raises when there is none."""
        agreement = self.find_agreement()
        if agreement is None:
            raise StateError(
                "this node holds no federation agreement yet; it fetches one while clew-node run is running",
                code="NO_AGREEMENT",
            )
        return agreement


@dataclass(frozen=True, slots=True)
class NodeContext(LocalNode):
    """A node at work: a local node and its ``wire`` to the coordinator."""

    wire: Wire


MessageHandler = Callable[[NodeContext, RelayMessage], None]
"""Takes one sealed message; returning means its effect is durable and the relay may forget it."""

MessageHandlers = dict[RelayKind, MessageHandler]


def verify_own_agreement(
    config: NodeConfig, envelope: bytes, *, now: datetime, at_least: int = 0
) -> Agreement:
    """Return an agreement that this node may act under; raises as :func:`verify_agreement` does."""
    return verify_agreement(
        envelope,
        config.governance_public_key,
        federation=config.federation,
        now=now,
        newer_than_or_equal=at_least,
    )


@contextmanager
def open_node(home: NodeHome, *, clock: Callable[[], datetime] = read_clock) -> Iterator[LocalNode]:
    """Open a node's home without connecting.

    Raises:
        InputError: There is no home, or a key file is missing or readable by others.
    """
    config, keys = home.load_config(), home.load_keys()
    with open_store(require_database(home.database_path)) as store:
        yield LocalNode(config, keys, store, clock)


@contextmanager
def connect(home: NodeHome, *, clock: Callable[[], datetime] = read_clock) -> Iterator[NodeContext]:
    """Open an enrolled node's home and its connection to the coordinator.

    Raises:
        InputError: There is no home, or a key file is missing or readable by others.
        StateError: The node is not enrolled.
    """
    with open_node(home, clock=clock) as node:
        certificate_pem = home.load_certificate()
        channel = Channel(
            node.config.coordinator,
            authority_pem=home.load_authority(),
            certificate_pem=certificate_pem,
            private_key_pem=node.keys.transport_pem,
        )
        with channel:
            yield NodeContext(node.config, node.keys, node.store, node.clock, channel)
