"""Sealed messages for this member: each goes to its handler, and one that fails does not stop the rest.

Layer: node. A message is acknowledged, and so forgotten by the relay, only after its handler returned,
that is after its effect is durable here. One that can never succeed is dropped and logged by code.
"""

from datetime import timedelta

import structlog

from crypto.errors import ClewError, StateError, StorageError, TransportError
from node.context import MessageHandlers, NodeContext
from protos import methods
from protos.hosting.logs import describe_failure
from protos.messages import Nothing, RelayAcknowledgement, RelayMessage

PATIENCE = timedelta(days=1)  # how long a message that does not fit yet is tried again
MAX_FETCHES = 100  # of a bounded number of messages each; the rest waits for the next tick


class Inbox:
    """Fetches, dispatches and acknowledges messages.

    Args:
        context: The node.
        handlers: What to do with each kind; a kind without a handler is dropped.
        log: Operational log.
    """

    def __init__(
        self, context: NodeContext, handlers: MessageHandlers, log: structlog.stdlib.BoundLogger
    ) -> None:
        self._context = context
        self._handlers = handlers
        self._log = log

    def empty(self) -> int:
        """Handle waiting messages until none is left that can be; return how many were acknowledged.

        Raises:
            TransportError: The relay could not be reached.
        """
        total = 0
        for _ in range(MAX_FETCHES):
            waiting = self._context.wire.call(methods.FETCH, Nothing()).messages
            done = tuple(message.message_id for message in waiting if self._handle(message))
            if not done:
                return total
            self._context.wire.call(methods.ACKNOWLEDGE, RelayAcknowledgement(done))
            total += len(done)
        return total

    def _handle(self, message: RelayMessage) -> bool:
        """Return whether the relay may forget the message."""
        handler = self._handlers.get(message.kind)
        if handler is None:
            self._log.warning("message dropped", kind=message.kind.value, code="NO_HANDLER")
            return True
        try:
            handler(self._context, message)
        except TransportError:
            raise
        except Exception as error:  # whatever a message provokes, the others must still be handled
            return self._give_up(message, error)
        self._log.info("message handled", kind=message.kind.value)
        return True

    def _give_up(self, message: RelayMessage, error: Exception) -> bool:
        failure = describe_failure(error)
        may_fit_later = not isinstance(error, ClewError) or isinstance(error, StateError | StorageError)
        age = self._context.clock() - message.sent_at if message.sent_at is not None else PATIENCE
        if may_fit_later and age < PATIENCE:
            self._log.warning("message left", kind=message.kind.value, **failure)
            return False
        self._log.warning("message dropped", kind=message.kind.value, **failure)
        return True
