"""Enrolment: invitations, presented keys, the operator's approval.

Layer: coordinator. An invitation is bound to the first keys that present it; the same keys may ask
again, others are refused in the same words as a wrong secret, so that the port tells nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from coordinator.journal import Journal
from coordinator.store.enrolments import EnrolmentRow, EnrolmentStore
from crypto.canonical import format_time, parse_time
from crypto.errors import PolicyError, StateError, VerificationError
from crypto.log.entry import EventType
from crypto.pki import (
    Authority,
    PeerIdentity,
    enrolment_fingerprint,
    issue_client_certificate,
    verify_signing_request,
)
from protos.messages import (
    INVITATION_SECRET_BYTES,
    Enrolment,
    EnrolmentApproval,
    Enrolments,
    EnrolmentState,
    EnrolRequest,
    EnrolResponse,
    Invitation,
    InvitationRequest,
)


class EnrolmentDesk:
    """Invites, receives and approves organisations."""

    def __init__(
        self,
        store: EnrolmentStore,
        authority: Authority,
        journal: Journal,
        *,
        certificate_lifetime: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._authority = authority
        self._journal = journal
        self._certificate_lifetime = certificate_lifetime
        self._clock = clock

    def invite(self, request: InvitationRequest) -> Invitation:
        """Make a one-time invitation."""
        secret = secrets.token_bytes(INVITATION_SECRET_BYTES)
        expires_at = self._clock() + timedelta(hours=request.valid_for_h)
        self._store.add_enrolment(
            EnrolmentRow(
                member=request.member,
                display_name=request.display_name,
                role=request.role,
                agency_type=request.agency_type,
                state=EnrolmentState.INVITED,
                secret_hash=hashlib.sha256(secret).digest(),
                expires_at=format_time(expires_at),
            )
        )
        return Invitation(member=request.member, secret=secret, expires_at=expires_at)

    def enrol(self, request: EnrolRequest) -> EnrolResponse:
        """Take keys presented with an invitation, or tell the decision on keys taken before.

        Raises:
            PolicyError: No such invitation, a wrong secret, expired, or bound to other keys.
        """
        row = self._store.find_enrolment(request.member)
        digest = hashlib.sha256(request.invitation_secret).digest()
        if row is None or not hmac.compare_digest(row.secret_hash, digest):
            raise _refused()
        if row.state is EnrolmentState.INVITED:
            row = self._take_keys(row, request)
        elif not _same_keys(row, request):
            raise _refused()
        return EnrolResponse(state=row.state, certificate_pem=row.certificate_pem)

    def _take_keys(self, row: EnrolmentRow, request: EnrolRequest) -> EnrolmentRow:
        if self._clock() > parse_time(row.expires_at):
            raise _refused()
        public_key = verify_signing_request(request.signing_request_pem)
        der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        taken = replace(
            row,
            state=EnrolmentState.PENDING,
            signing_request_pem=request.signing_request_pem,
            hpke_public_key=request.hpke_public_key,
            signing_public_key=request.signing_public_key,
            fingerprint=enrolment_fingerprint(der, request.hpke_public_key, request.signing_public_key),
        )
        self._store.update_enrolment(taken, expected=EnrolmentState.INVITED)
        return taken

    def list_enrolments(self) -> Enrolments:
        """Return every enrolment for the operator."""
        return Enrolments(tuple(_describe(row) for row in self._store.list_enrolments()))

    def approve(self, approval: EnrolmentApproval, *, operator: str) -> Enrolment:
        """Issue a certificate to keys whose fingerprint the operator compared.

        Raises:
            StateError: Nothing is pending for the member.
            VerificationError: The fingerprint is not the presented keys'.
        """
        row = self._store.find_enrolment(approval.member)
        if row is None or row.state is not EnrolmentState.PENDING:
            raise StateError(
                f"no enrolment of {approval.member} is pending; the member runs clew-node enrol first",
                code="NOT_PENDING",
            )
        if approval.fingerprint.split() != row.fingerprint.split():
            raise VerificationError(
                f"the fingerprint given for {approval.member} is not that of the presented keys; compare "
                "again by telephone and, if it still differs, do not approve",
                code="FINGERPRINT_MISMATCH",
            )
        approved = replace(row, state=EnrolmentState.APPROVED, certificate_pem=self._issue(row))
        self._journal.record(
            EventType.CONFIG_CHANGE, "ENROLMENT_APPROVED", [row.member, row.fingerprint], actor=operator
        )
        self._store.update_enrolment(approved, expected=EnrolmentState.PENDING)
        return _describe(approved)

    def _issue(self, row: EnrolmentRow) -> bytes:
        return issue_client_certificate(
            self._authority,
            row.signing_request_pem,
            identity=PeerIdentity(self._authority.federation, row.role, row.member),
            now=self._clock(),
            lifetime=self._certificate_lifetime,
        )


def _refused() -> PolicyError:
    return PolicyError(
        "this invitation cannot be used: it is unknown, used by other keys or expired; ask the coordinator's "
        "operator for a new one",
        code="INVITATION_REFUSED",
    )


def _same_keys(row: EnrolmentRow, request: EnrolRequest) -> bool:
    return (row.signing_request_pem, row.hpke_public_key, row.signing_public_key) == (
        request.signing_request_pem,
        request.hpke_public_key,
        request.signing_public_key,
    )


def _describe(row: EnrolmentRow) -> Enrolment:
    return Enrolment(
        member=row.member,
        display_name=row.display_name,
        role=row.role,
        agency_type=row.agency_type,
        state=row.state,
        fingerprint=row.fingerprint,
        hpke_public_key=row.hpke_public_key,
        signing_public_key=row.signing_public_key,
    )
