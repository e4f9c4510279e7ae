"""Who a certificate speaks for: exactly one URI ``spiffe://{federation}/{role}/{name}`` in the SAN.

Layer: crypto. A role that is not listed, a malformed name, a second URI or another federation is refused,
so that the access table is asked about a known party or not at all.

Threat: a peer that names itself, or a certificate of another federation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from crypto.errors import InputError, VerificationError
from crypto.strict import check_text

FEDERATION_NAME = re.compile(r"[a-z][a-z0-9.-]{1,62}")
"""A federation's name: lower case and DNS-like, as in ``east.example``."""

MEMBER_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
"""A party's name within its federation, as in ``west-mercia``."""

_URI = re.compile(r"spiffe://([^/]+)/([^/]+)/([^/]+)")


class Role(StrEnum):
    """What a certificate's holder is in the federation; the access table grants by it."""

    COORDINATOR = "coordinator"
    OPERATOR = "operator"
    FORCE = "force"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class PeerIdentity:
    """Who is at the other end of a connection, as its certificate says.

    Raises:
        InputError: Federation or name is not of its form.
    """

    federation: str
    role: Role
    name: str

    def __post_init__(self) -> None:
        check_federation(self.federation)
        check_text(self.name, MEMBER_NAME, name="a party's name", form="lower case such as west-mercia")

    @property
    def uri(self) -> str:
        """The URI SAN of this identity."""
        return member_uri(self.federation, self.role, self.name)


def member_uri(federation: str, role: Role, name: str) -> str:
    """Return the URI that names a party; ``spiffe`` is the scheme's name, no SPIFFE server is involved."""
    return f"spiffe://{federation}/{role.value}/{name}"


def parse_peer_identity(certificate_pem: bytes, *, federation: str) -> PeerIdentity:
    """Return the identity that a peer's certificate carries.

    TLS has verified the chain and the validity before this is asked; here only the name is judged.

    Args:
        certificate_pem: The peer's leaf certificate.
        federation: The federation this process belongs to.

    Raises:
        VerificationError: Not a certificate, not exactly one URI SAN, or a URI of another federation,
            an unknown role or a malformed name.
    """
    uris = _find_uris(parse_certificate(certificate_pem))
    if len(uris) != 1:
        raise VerificationError(f"expected exactly one URI in the peer's certificate, got {len(uris)}")
    match = _URI.fullmatch(uris[0])
    if match is None:
        raise VerificationError("expected a URI spiffe://federation/role/name, got another form")
    if match[1] != federation:
        raise VerificationError(
            f"expected a certificate of federation {federation}, got one of another federation"
        )
    try:
        return PeerIdentity(federation, Role(match[2]), match[3])
    except (ValueError, InputError) as error:
        raise VerificationError("expected a known role and a well-formed name in the peer's URI") from error


def parse_certificate(pem: bytes) -> x509.Certificate:
    """Load one PEM certificate; anything else raises :class:`VerificationError`."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise VerificationError("expected a PEM certificate, got bytes that do not load as one") from error


def _find_uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def check_federation(federation: str) -> None:
    """Raise :class:`InputError` unless a federation's name is of its form."""
    check_text(
        federation, FEDERATION_NAME, name="a federation's name", form="lower case such as east.example"
    )
