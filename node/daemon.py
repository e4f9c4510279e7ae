"""The node's daemon: tick, wait, tick; it survives what it can and stops when told.

Layer: node. The coordinator's absence only slows it down; a failure is logged once
until it changes, by Clew's own words or a foreign error's type and place, never its message.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from crypto.errors import ClewError, TransportError
from node.context import MessageHandlers, NodeContext
from node.inbox import Inbox
from node.key_shares import receive_key_share
from node.participation import RoundWorker, tick
from protos.hosting.logs import describe_failure
from protos.messages import RelayKind

MAX_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Duties:
    """What other parts of the node add to the daemon.

    Attributes:
        handlers: What to do with sealed messages by kind; key shares are handled already.
        chores: Called once a tick, after messages and round, for example to send what is waiting.
    """

    handlers: MessageHandlers = field(default_factory=dict)
    chores: Sequence[Callable[[NodeContext], None]] = ()


def run_daemon(
    context: NodeContext,
    *,
    duties: Duties,
    interval_s: float,
    log: structlog.stdlib.BoundLogger,
    stop: threading.Event,
) -> None:
    """Tick until ``stop`` is set.

    Args:
        context: The connected node.
        duties: What other parts of the node add to a tick.
        interval_s: Seconds between ticks while all is well; doubled up to 30 while the coordinator is away.
        log: Operational log.
        stop: Set from a signal handler.
    """
    inbox = Inbox(context, {RelayKind.KEY_SHARE: receive_key_share, **duties.handlers}, log)
    worker = RoundWorker(context, log)
    wait_s, last_failure = interval_s, ""
    log.info("started", member=context.config.member)
    while not stop.is_set():
        failure = _try_tick(lambda: _work(context, inbox, worker, duties.chores))
        wait_s = min(MAX_WAIT_S, 2 * wait_s) if isinstance(failure, TransportError) else interval_s
        words = repr(describe_failure(failure)) if failure is not None else ""
        if words != last_failure:
            _report(log, failure)
        last_failure = words
        stop.wait(wait_s)
    log.info("stopped", member=context.config.member)


def _work(
    context: NodeContext,
    inbox: Inbox,
    worker: RoundWorker,
    chores: Sequence[Callable[[NodeContext], None]],
) -> None:
    """Do everything that can be done; raise the first failure only after the rest had its turn.

    Losing the coordinator ends the turn at once, because nothing after it can succeed.
    """
    failures: list[Exception] = []
    steps: list[Callable[[], None]] = [
        lambda: tick(context, inbox, worker),
        *(partial(chore, context) for chore in chores),
    ]
    for step in steps:
        try:
            step()
        except TransportError:
            raise
        except Exception as error:  # one part's bug must not stop the others
            failures.append(error)
    if failures:
        raise failures[0]


def _try_tick(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # a daemon that dies of one bad answer helps nobody; it is logged
        return error
    return None


def _report(log: structlog.stdlib.BoundLogger, failure: Exception | None) -> None:
    if failure is None:
        log.info("recovered")
    elif isinstance(failure, ClewError):
        log.warning("tick failed", **describe_failure(failure))
    else:
        log.error("tick failed", **describe_failure(failure))


def stop_on_signals(stop: threading.Event) -> None:
    """Make SIGTERM and SIGINT set ``stop``, so that the present tick ends first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
