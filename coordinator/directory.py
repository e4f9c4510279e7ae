"""Who is in the federation now: the current agreement, verified, and the members' roles.

Layer: coordinator. The coordinator verifies the governance signature itself; it cannot make one.
"""

from collections.abc import Callable
from datetime import datetime

from coordinator.store.enrolments import EnrolmentStore
from crypto.agreement import Agreement, Member, verify_agreement
from crypto.encoding.schema import LinkageSchema, parse_schema
from crypto.errors import PolicyError, StateError
from crypto.pki import PeerIdentity
from protos.messages import EnrolmentState

COORDINATOR_ORGANISATION = "coordinator"


class Directory:
    """The federation's members as the governance key has signed them."""

    def __init__(
        self,
        store: EnrolmentStore,
        *,
        federation: str,
        governance_public_key: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._federation = federation
        self._governance_public_key = governance_public_key
        self._clock = clock

    def verify(self, envelope: bytes, *, at_least: int) -> Agreement:
        """Return the agreement in signed bytes; raises as :func:`verify_agreement` does."""
        return verify_agreement(
            envelope,
            self._governance_public_key,
            federation=self._federation,
            now=self._clock(),
            newer_than_or_equal=at_least,
        )

    def get_envelope(self) -> bytes:
        """Return the current agreement's signed bytes.

        Raises:
            StateError: None has been published.
        """
        envelope = self._store.find_agreement()
        if envelope is None:
            raise StateError(
                "no federation agreement has been published; the operator publishes one that the "
                "governance board has signed",
                code="NO_AGREEMENT",
            )
        return envelope

    def get_agreement(self) -> Agreement:
        """Return the current agreement; raises when there is none or it has expired."""
        return self.verify(self.get_envelope(), at_least=1)

    def get_member(self, caller: PeerIdentity) -> Member:
        """Return the caller's entry in the current agreement.

        Raises:
            PolicyError: It has none, or with another role than its certificate says.
        """
        for member in self.get_agreement().members:
            if member.name == caller.name and member.role == caller.role:
                return member
        raise PolicyError("this member is not in the current federation agreement", code="NOT_A_MEMBER")

    def require_enrolled(self, caller: PeerIdentity) -> None:
        """Check that a member's enrolment is approved here, whatever its certificate says.

        Raises:
            PolicyError: It is not.
        """
        row = self._store.find_enrolment(caller.name)
        if row is None or row.state is not EnrolmentState.APPROVED or row.role != caller.role:
            raise PolicyError("this certificate does not belong to an enrolled member", code="NOT_ENROLLED")

    def get_signing_keys(self, log_public_key: str) -> dict[str, str]:
        """Return the key that each organisation's log entries must be signed with."""
        members = {member.name: member.signing_public_key for member in self.get_agreement().members}
        return members | {COORDINATOR_ORGANISATION: log_public_key}


def get_schema(agreement: Agreement) -> LinkageSchema:
    """Return an agreement's linkage schema."""
    return parse_schema(agreement.schema)
