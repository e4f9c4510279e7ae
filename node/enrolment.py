"""Joining the federation: present the keys, tell the fingerprint, collect the certificate.

Layer: node. The enrolment port authenticates only the server, against the CA certificate in the
invitation. Threat: someone between who swaps a key; the fingerprint, compared by telephone, covers all
three, and a certificate is stored only when it is for this node's own key and name.
"""

from dataclasses import dataclass
from datetime import datetime

from crypto.pki import (
    create_signing_request,
    enrolment_fingerprint,
    get_public_key_der,
    verify_client_certificate,
)
from node.home import NodeHome
from node.invitation import parse_invitation
from protos import methods
from protos.channel import Channel
from protos.hosting.files import read_file, read_private, sync_directory, write_file
from protos.messages import EnrolmentState, EnrolRequest


@dataclass(frozen=True, slots=True)
class EnrolmentOutcome:
    """Where the enrolment stands, and what to read out over the telephone."""

    state: EnrolmentState
    fingerprint: str


def get_fingerprint(home: NodeHome) -> str:
    """Return the fingerprint over this node's three public keys."""
    keys = home.load_keys()
    return enrolment_fingerprint(
        get_public_key_der(keys.transport_pem), keys.sealing.public_key, keys.signing.public_key
    )


def enrol(home: NodeHome, *, now: datetime) -> EnrolmentOutcome:
    """Present this node's keys, or collect the certificate once the operator has approved them.

    Asked again it presents the same keys, so it can be repeated until it is approved. The one-time
    secret is deleted once the certificate is stored.

    Raises:
        TransportError: The coordinator cannot be reached.
        PolicyError: The invitation is unknown, used by other keys or expired.
        VerificationError: The certificate is not for this node.
    """
    fingerprint = get_fingerprint(home)
    if home.certificate_path.exists():
        _forget_invitation(home)
        return EnrolmentOutcome(EnrolmentState.APPROVED, fingerprint)
    config, keys = home.load_config(), home.load_keys()
    authority_pem = home.load_authority()
    request = EnrolRequest(
        member=config.member,
        invitation_secret=parse_invitation(read_private(home.invitation_path)).secret,
        signing_request_pem=_load_signing_request(home, keys.transport_pem),
        hpke_public_key=keys.sealing.public_key,
        signing_public_key=keys.signing.public_key,
    )
    with Channel(config.enrolment, authority_pem=authority_pem) as channel:
        answer = channel.call(methods.ENROL, request)
    if answer.state is EnrolmentState.APPROVED:
        certificate = verify_client_certificate(
            answer.certificate_pem,
            authority_pem,
            identity=config.identity,
            public_key_der=get_public_key_der(keys.transport_pem),
            now=now,
        )
        write_file(home.certificate_path, certificate)
        _forget_invitation(home)
    return EnrolmentOutcome(answer.state, fingerprint)


def _load_signing_request(home: NodeHome, transport_pem: bytes) -> bytes:
    """Return the one signing request of this home: ECDSA signs differently each time it is asked."""
    if not home.signing_request_path.exists():
        write_file(home.signing_request_path, create_signing_request(transport_pem))
    return read_file(home.signing_request_path)


def _forget_invitation(home: NodeHome) -> None:
    home.invitation_path.unlink(missing_ok=True)
    sync_directory(home.path)
