"""The catalogue of errors: each crosses as itself, and a bug crosses as a request id alone."""

from collections.abc import Mapping
from typing import NamedTuple

import grpc
import pytest

from crypto.errors import (
    ClewError,
    InputError,
    PolicyError,
    StateError,
    StorageError,
    TransportError,
    VerificationError,
)
from protos.wire_errors import describe_error, restore_error

CANARY = "Wilhelmina Thistlethwaite 1987-03-14"
TARGET = "clew.example:7443"
REQUEST_ID = "0123456789abcdef"
BRANCHES = (InputError, VerificationError, PolicyError, StateError, StorageError, TransportError)


class _Item(NamedTuple):
    key: str
    value: str


class _FailedCall(grpc.RpcError):
    """What a synchronous call raises, as far as the catalogue reads it."""

    def __init__(self, code: grpc.StatusCode, details: str, metadata: Mapping[str, str]) -> None:
        self.code = lambda: code
        self.details = lambda: details
        self.trailing_metadata = lambda: tuple(_Item(*item) for item in metadata.items())


def _cross(error: Exception) -> ClewError:
    return restore_error(_FailedCall(*describe_error(error, REQUEST_ID)), TARGET)


def test_every_branch_is_tried() -> None:
    assert {kind for kind in ClewError.__subclasses__() if kind.__module__ == "crypto.errors"} == set(
        BRANCHES
    )


@pytest.mark.parametrize("kind", BRANCHES)
@pytest.mark.parametrize("code", [None, "A_CODE_OF_ITS_OWN"])
def test_deliberate_error_crosses_as_itself(kind: type[ClewError], code: str | None) -> None:
    sent = kind("expected a linkage schema of the agreement, got another; fetch it again", code=code)
    received = _cross(sent)
    assert type(received) is kind
    assert (received.public_message, received.code) == (sent.public_message, sent.code)
    assert received.retryable == sent.retryable


def test_leaf_of_a_branch_arrives_as_its_branch() -> None:
    class ProofError(VerificationError):
        default_code = "PROOF"

    received = _cross(ProofError("the proof does not fit"))
    assert (type(received), received.code) == (VerificationError, "PROOF")


@pytest.mark.parametrize(
    "error", [ValueError(CANARY), KeyError(CANARY), RuntimeError(CANARY), ClewError(CANARY)]
)
def test_bug_crosses_as_a_request_id_and_nothing_else(error: Exception) -> None:
    status, text, metadata = describe_error(error, REQUEST_ID)
    assert status is grpc.StatusCode.INTERNAL
    assert text == f"internal error; quote request {REQUEST_ID} to the operator"
    assert metadata == {"clew-request-id": REQUEST_ID}
    received = _cross(error)
    assert type(received) is ClewError
    assert CANARY not in received.public_message


@pytest.mark.parametrize(
    ("code", "details", "kind", "message"),
    [
        (
            grpc.StatusCode.UNAVAILABLE,
            "",
            TransportError,
            "cannot reach the coordinator at clew.example:7443",
        ),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", TransportError, "did not answer in time; try again"),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (5 vs. 4)",
            InputError,
            "message refused: it is larger than the coordinator accepts",
        ),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Concurrent RPC limit exceeded!",
            TransportError,
            "the coordinator at clew.example:7443 is busy; try again",
        ),
        (grpc.StatusCode.UNIMPLEMENTED, "", StateError, "the coordinator does not offer this method"),
        (grpc.StatusCode.DATA_LOSS, "lost", ClewError, "the coordinator failed (DATA_LOSS): lost"),
    ],
)
def test_failure_below_clew_names_what_to_do(
    code: grpc.StatusCode, details: str, kind: type[ClewError], message: str
) -> None:
    received = restore_error(_FailedCall(code, details, {}), TARGET)
    assert type(received) is kind
    assert message in received.public_message
    assert received.retryable == (kind is TransportError)
