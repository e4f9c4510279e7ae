"""Calls with any bytes and any certificate, for what the typed channel would never send."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from protos.methods import Method

DEADLINE_S = 15.0


@contextmanager
def open_raw_channel(
    target: str, *, authority_pem: bytes, certificate_pem: bytes | None = None, key_pem: bytes | None = None
) -> Iterator[grpc.Channel]:
    """Yield a TLS channel that refuses nothing by itself."""
    credentials = grpc.ssl_channel_credentials(authority_pem, key_pem, certificate_pem)
    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    with grpc.secure_channel(target, credentials, options=options) as channel:
        yield channel


def call_raw(
    channel: grpc.Channel, method: Method[Any, Any], data: bytes, *, deadline_s: float | None = DEADLINE_S
) -> bytes:
    """Send bytes to a method and return the answer's bytes; raises :class:`grpc.RpcError`."""
    if method.streams_request:
        answer: bytes = channel.stream_unary(method.path)(iter([data]), timeout=deadline_s)
    else:
        answer = channel.unary_unary(method.path)(data, timeout=deadline_s)
    return answer
