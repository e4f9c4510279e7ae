"""The gRPC server: two ports, one table of methods, every call guarded and every error typed.

Layer: coordinator. Threat: a method that somebody forgot to guard. Handlers exist only for methods of
the table, all made by the same wrapper; a method of the table without a handler stops the start.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import structlog

from coordinator.access import verify_caller, verify_deadline, verify_may_call, verify_tls_version
from coordinator.directory import Directory
from crypto.errors import ClewError, StateError
from crypto.pki import PeerIdentity, Role
from protos.conversion import encode_message, parse_message
from protos.hosting.logs import describe_failure
from protos.methods import ENROLMENT_PORT_METHODS, MAX_MESSAGE_BYTES, PACKAGE, Method
from protos.wire_errors import describe_error

MAX_CONCURRENT_CALLS = 64  # dozens of nodes with a call or two each
_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
]

Context = grpc.aio.ServicerContext[Any, Any]

# A handler gets the caller (None on the enrolment port) and the request. Those of unary methods are
# plain functions, run in a thread; those of streaming methods are coroutines over the parts.
Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Malformed:
    """What a deserialiser returns for bytes that do not parse, so that the error stays typed."""

    error: ClewError


class Guard:
    """Wraps handlers with identity, access, deadline, logging and typed errors."""

    def __init__(self, directory: Directory, *, federation: str, log: structlog.stdlib.BoundLogger) -> None:
        self._directory = directory
        self._federation = federation
        self._log = log

    def admit(self, method: Method[Any, Any], context: Context) -> PeerIdentity | None:
        """Return the caller of a method, or None on the enrolment port; raises when refused."""
        verify_tls_version(context.auth_context())
        verify_deadline(context.time_remaining())
        if method in ENROLMENT_PORT_METHODS:
            return None
        caller = verify_caller(context.auth_context(), federation=self._federation)
        verify_may_call(caller, method)
        if caller.role is not Role.OPERATOR:
            self._directory.require_enrolled(caller)
        return caller

    def wrap(self, method: Method[Any, Any], handler: Handler) -> Any:
        """Return the gRPC handler of a method."""
        if method.streams_request:
            return grpc.stream_unary_rpc_method_handler(
                self._guarded(method, lambda caller, parts: handler(caller, _checked(parts))),
                request_deserializer=_tolerant(method.request),
                response_serializer=encode_message,
            )

        async def run(caller: PeerIdentity | None, request: Any) -> Any:
            return await asyncio.to_thread(handler, caller, _check(request))

        return grpc.unary_unary_rpc_method_handler(
            self._guarded(method, run),
            request_deserializer=_tolerant(method.request),
            response_serializer=encode_message,
        )

    def _guarded(
        self, method: Method[Any, Any], run: Callable[[Any, Any], Awaitable[Any]]
    ) -> Callable[[Any, Context], Awaitable[Any]]:
        async def serve(request: Any, context: Context) -> Any:
            request_id = uuid.uuid4().hex[:16]
            log = self._log.bind(method=method.name, request_id=request_id)
            try:
                # In a thread: it reads the database, which must not hold up other members' calls.
                caller = await asyncio.to_thread(self.admit, method, context)
                log = log.bind(member=caller.name if caller else "")
                return await run(caller, request)
            except Exception as error:
                log.warning("refused", **describe_failure(error))
                status, text, metadata = describe_error(error, request_id)
            await context.abort(status, text, tuple(metadata.items()))
            return None

        return serve


def make_server(
    guard: Guard,
    handlers: Mapping[Method[Any, Any], Handler],
    methods: tuple[Method[Any, Any], ...],
    *,
    credentials: grpc.ServerCredentials,
    address: str,
) -> tuple[grpc.aio.Server, int]:
    """Return an unstarted server for the given methods and the port it is bound to.

    Raises:
        LookupError: A method of the table has no handler.
        StateError: The address cannot be listened on.
    """
    server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS)
    by_service: dict[str, dict[str, Any]] = {}
    for method in methods:
        by_service.setdefault(method.service, {})[method.name] = guard.wrap(method, handlers[method])
    server.add_generic_rpc_handlers(
        tuple(
            grpc.method_handlers_generic_handler(f"{PACKAGE}.{service}", table)
            for service, table in by_service.items()
        )
    )
    try:
        return server, server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise StateError(
            f"cannot listen on {address}: another program does, or it is not an address of this machine",
            code="CANNOT_LISTEN",
        ) from error


def make_credentials(
    *, server_key: bytes, server_certificate: bytes, authority: bytes | None
) -> grpc.ServerCredentials:
    """Return server credentials; with an authority, client certificates are required."""
    return grpc.ssl_server_credentials(
        [(server_key, server_certificate)],
        root_certificates=authority,
        require_client_auth=authority is not None,
    )


def _tolerant(kind: type[Any]) -> Callable[[bytes], Any]:
    def parse(data: bytes) -> Any:
        try:
            return parse_message(kind, data)
        except ClewError as error:
            return Malformed(error)

    return parse


def _check(request: Any) -> Any:
    if isinstance(request, Malformed):
        raise request.error
    return request


async def _checked(parts: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for part in parts:
        yield _check(part)
