"""These use cases joined to the real node: its store, log and relay, and the daemon's hooks.

Layer: node, edge.
"""

from dataclasses import dataclass
from importlib.metadata import version

from crypto.errors import StateError
from crypto.log.receipt import Receipt
from node.context import LocalNode, MessageHandlers, NodeContext
from node.log_client import append_signed
from node.requests.answers import receive_package, receive_ruling
from node.requests.desk import Desk
from node.requests.journal_store import JournalStore
from node.requests.mail_store import MailStore
from node.requests.outbox import flush_outbox
from node.requests.own_records import OwnRecords
from node.requests.people import Registry
from node.requests.person_store import PersonStore
from node.requests.ports import LogAppender
from node.requests.receiving import receive_request
from node.requests.store import CaseStore
from protos import methods
from protos.messages import RelayKind, RelayMessage


@dataclass(frozen=True, slots=True)
class CoordinatorLog:
    """The federation's log over a node's connection."""

    context: NodeContext

    def append_entry(self, entry: bytes) -> Receipt:
        """Log an entry and return its verified receipt."""
        return append_signed(self.context, entry)


@dataclass(frozen=True, slots=True)
class CoordinatorRelay:
    """The coordinator's relay over a node's connection."""

    context: NodeContext

    def send_message(self, message: RelayMessage) -> None:
        """Leave a message with the coordinator."""
        self.context.wire.call(methods.SEND, message)


class NoLog:
    """In place of the log where a command only reads; whatever has to be logged fails."""

    def append_entry(self, _entry: bytes) -> Receipt:
        """Refuse: there is no connection here."""
        raise StateError("this needs a connection to the federation's log; nothing was done")


def open_registry(node: LocalNode) -> Registry:
    """Return the people of a node."""
    return Registry(node.config.member, node.keys.signing, PersonStore(node.store.engine))


def open_desk(node: LocalNode) -> Desk:
    """Return a node's desk; without a connection nothing that is logged can be done at it.

    Raises:
        StateError: The node holds no agreement yet.
        VerificationError: Its agreement has expired.
    """
    log: LogAppender = CoordinatorLog(node) if isinstance(node, NodeContext) else NoLog()
    return Desk(
        member=node.config.member,
        agreement=node.get_agreement(),
        signing_key=node.keys.signing,
        sealing_key=node.keys.sealing,
        cases=CaseStore(node.store.engine),
        mail=MailStore(node.store.engine),
        journal=JournalStore(node.store.engine),
        records=OwnRecords(node),
        log=log,
        software_version=version("clew"),
    )


def send_waiting(context: NodeContext) -> None:
    """Send what is queued and erase packages whose time is over: the daemon's chore, once a tick."""
    if context.find_agreement() is None:
        return
    desk = open_desk(context)
    flush_outbox(desk, CoordinatorRelay(context))
    desk.mail.erase_expired_packages(now=context.clock())


def make_handlers() -> MessageHandlers:
    """Return what to do with each kind of sealed message about requests."""
    return {
        RelayKind.REQUEST: lambda context, message: receive_request(
            open_desk(context), message, now=context.clock()
        ),
        RelayKind.RULING: lambda context, message: receive_ruling(
            open_desk(context), message, now=context.clock()
        ),
        RelayKind.DISCLOSURE: lambda context, message: receive_package(
            open_desk(context), message, now=context.clock()
        ),
    }
