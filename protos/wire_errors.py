"""One catalogue from Clew's errors to gRPC status and back.

Layer: protos. A deliberate error crosses the wire as its branch, code and public message; anything
else becomes INTERNAL with a request id and nothing more, so that no bug can leak a value.
"""

import grpc

from crypto.errors import (
    ClewError,
    InputError,
    PolicyError,
    StateError,
    StorageError,
    TransportError,
    VerificationError,
)

KIND_KEY = "clew-error-kind"
CODE_KEY = "clew-error-code"
REQUEST_ID_KEY = "clew-request-id"

_STATUS: dict[type[ClewError], grpc.StatusCode] = {
    InputError: grpc.StatusCode.INVALID_ARGUMENT,
    VerificationError: grpc.StatusCode.INVALID_ARGUMENT,
    PolicyError: grpc.StatusCode.PERMISSION_DENIED,
    StateError: grpc.StatusCode.FAILED_PRECONDITION,
    StorageError: grpc.StatusCode.UNAVAILABLE,
    TransportError: grpc.StatusCode.UNAVAILABLE,
}
_TOO_LARGE = "larger than max"  # gRPC answers too many calls at once with the same status
_KINDS = {kind.__name__: kind for kind in _STATUS}


def describe_error(error: Exception, request_id: str) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Return the gRPC status, public text and trailing metadata for an error.

    Args:
        error: What the handler raised.
        request_id: Found in the server's log beside the full error.
    """
    metadata = {REQUEST_ID_KEY: request_id}
    branch = next((kind for kind in type(error).__mro__ if kind in _STATUS), None)
    if branch is None or not isinstance(error, ClewError):
        return (
            grpc.StatusCode.INTERNAL,
            f"internal error; quote request {request_id} to the operator",
            metadata,
        )
    metadata |= {KIND_KEY: branch.__name__, CODE_KEY: error.code}
    return _STATUS[branch], error.public_message, metadata


def restore_error(error: grpc.RpcError, target: str) -> ClewError:
    """Return the Clew error that a failed call stands for.

    Args:
        error: As raised by a synchronous gRPC call.
        target: Address that was called, named in transport errors.
    """
    details = error.details() or ""
    metadata = {item.key: item.value for item in error.trailing_metadata() or ()}
    kind = _KINDS.get(str(metadata.get(KIND_KEY, "")))
    if kind is not None:
        return kind(details, code=str(metadata.get(CODE_KEY, kind.default_code)))
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            return TransportError(
                f"cannot reach the coordinator at {target}: check that it runs, that the address is right "
                "and that this member's certificate is current"
            )
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return TransportError(f"the coordinator at {target} did not answer in time; try again")
        case grpc.StatusCode.RESOURCE_EXHAUSTED if _TOO_LARGE in details:
            return InputError("message refused: it is larger than the coordinator accepts")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return TransportError(f"the coordinator at {target} is busy; try again")
        case grpc.StatusCode.UNIMPLEMENTED:
            return StateError("the coordinator does not offer this method; compare software versions")
        case code:
            return ClewError(f"the coordinator failed ({code.name}): {details}")
