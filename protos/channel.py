"""A caller's side of the wire: typed calls over mutual TLS, with a deadline on each.

Layer: protos. Used by nodes and by the operator's commands. Synchronous on purpose: a node has one
conversation at a time.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import TypeVar

import grpc

from protos.conversion import encode_message, parse_message
from protos.methods import MAX_MESSAGE_BYTES, Method
from protos.wire_errors import restore_error

DEFAULT_DEADLINE_S = 20.0
UPLOAD_DEADLINE_S = 600.0

Q = TypeVar("Q")
A = TypeVar("A")


class Channel:
    """A connection to the coordinator.

    Args:
        target: ``host:port``.
        authority_pem: The federation's CA certificate, the only one trusted.
        certificate_pem, private_key_pem: This caller's identity; None on the enrolment port, where
            only the server is authenticated.
    """

    def __init__(
        self,
        target: str,
        *,
        authority_pem: bytes,
        certificate_pem: bytes | None = None,
        private_key_pem: bytes | None = None,
    ) -> None:
        self.target = target
        credentials = grpc.ssl_channel_credentials(authority_pem, private_key_pem, certificate_pem)
        self._channel = grpc.secure_channel(
            target, credentials, options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
        )

    def __enter__(self) -> "Channel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def call(self, method: Method[Q, A], request: Q, *, deadline_s: float = DEFAULT_DEADLINE_S) -> A:
        """Call a method and return its answer.

        Raises:
            ClewError: What the coordinator answered, or TransportError when it did not.
        """
        invoke = self._channel.unary_unary(
            method.path,
            request_serializer=encode_message,
            response_deserializer=lambda data: parse_message(method.answer, data),
        )
        try:
            return invoke(request, timeout=deadline_s)
        except grpc.RpcError as error:
            raise restore_error(error, self.target) from error

    def upload(self, method: Method[Q, A], parts: Iterable[Q], *, deadline_s: float = UPLOAD_DEADLINE_S) -> A:
        """Stream parts to a method and return its one answer; raises as :meth:`call` does."""
        invoke = self._channel.stream_unary(
            method.path,
            request_serializer=encode_message,
            response_deserializer=lambda data: parse_message(method.answer, data),
        )
        try:
            return invoke(iter(parts), timeout=deadline_s)
        except grpc.RpcError as error:
            raise restore_error(error, self.target) from error
