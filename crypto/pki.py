"""Certificates of a federation: one authority, short-lived leaves, identity in the URI SAN.

Layer: crypto. ECDSA P-256 throughout (Ed25519 certificates do not work in gRPC). The authority's path
length is 0, a client leaf can only be a client and a server leaf only a server. Rules: a signing request
contributes its public key and nothing else; the identity in a certificate is the one the operator
approved; a peer's identity is exactly one URI ``spiffe://{federation}/{role}/{name}``.

Threat: a peer that names itself, a certificate of another federation, a client that poses as the
coordinator. Certificates prove transport only: what members sign and seal with comes from the agreement.
"""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as ChainError

from crypto.canonical import canonical_bytes
from crypto.errors import InputError, StateError, VerificationError
from crypto.keyfile import encode_private_key, parse_private_key, parse_raw_public_key, wrong_key_kind

BACKDATE = timedelta(minutes=5)
"""How far a certificate starts before it is made, so that a peer whose clock runs late accepts it."""

COORDINATOR_NAME = "coordinator"
"""The coordinator's name in its own URI; a federation has one."""

FINGERPRINT_GROUPS = 8
"""Groups of four hex digits that two people compare by telephone: 128 bits, out of reach of a forger
who must hit the fingerprint of a given enrolment."""

_KEY_NAME = "ECDSA P-256 transport key"
_FEDERATION = re.compile(r"[a-z][a-z0-9.-]{1,62}")
_MEMBER_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
_URI = re.compile(r"spiffe://([^/]+)/([^/]+)/([^/]+)")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")


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
        _check_federation(self.federation)
        _check_name(self.name)

    @property
    def uri(self) -> str:
        """The URI SAN of this identity."""
        return member_uri(self.federation, self.role, self.name)


@dataclass(frozen=True, slots=True)
class Authority:
    """A federation's certificate authority: its certificate and its secret key, both PEM."""

    federation: str
    certificate_pem: bytes
    private_key_pem: bytes = field(repr=False)


def member_uri(federation: str, role: Role, name: str) -> str:
    """Return the URI that names a party; ``spiffe`` is the scheme's name, no SPIFFE server is involved."""
    return f"spiffe://{federation}/{role.value}/{name}"


def generate_transport_key() -> bytes:
    """Return a new P-256 private key as unencrypted PKCS#8 PEM, from the system's random source."""
    return encode_private_key(ec.generate_private_key(ec.SECP256R1()))


def get_public_key_der(private_key_pem: bytes) -> bytes:
    """Return the DER SubjectPublicKeyInfo of a transport key; another file raises :class:`InputError`."""
    return _encode_public_key(_parse_transport_key(private_key_pem).public_key())


def create_authority(federation: str, *, now: datetime, lifetime: timedelta) -> Authority:
    """Return a new certificate authority for a federation.

    Args:
        federation: Lower-case DNS-like name, for example ``east.example``.
        now: Aware time; validity starts :data:`BACKDATE` earlier.
        lifetime: How long from now the authority may issue and be trusted.

    Raises:
        InputError: The federation's name is not of its form.
    """
    _check_federation(federation)
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Clew federation authority")])
    key_id = x509.SubjectKeyIdentifier.from_public_key(private_key.public_key())
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_utc(now) - BACKDATE)
        .not_valid_after(_utc(now) + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(key_id, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
        .sign(private_key, hashes.SHA256())
    )
    return Authority(federation, certificate.public_bytes(Encoding.PEM), encode_private_key(private_key))


def create_signing_request(private_key_pem: bytes) -> bytes:
    """Return a PEM certificate signing request that holds the public key and no claim about its holder."""
    builder = x509.CertificateSigningRequestBuilder(subject_name=x509.Name([]))
    request = builder.sign(_parse_transport_key(private_key_pem), hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


def verify_signing_request(csr_pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of a signing request whose sender holds the private key.

    Raises:
        InputError: Not a PEM signing request, or not for a P-256 key.
        VerificationError: Its own signature does not verify.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem)
        public_key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            "expected a PEM certificate signing request, got bytes that do not load as one"
        ) from error
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise InputError(
            "expected a signing request for an ECDSA P-256 key, got another kind; run init again"
        )
    if not _is_self_signed(request):
        raise VerificationError(
            "expected a signing request signed by its own key, got one whose signature does not verify; "
            "make the request again on the member's machine"
        )
    return public_key


def issue_client_certificate(
    authority: Authority, csr_pem: bytes, *, identity: PeerIdentity, now: datetime, lifetime: timedelta
) -> bytes:
    """Return a PEM certificate with which a member or operator connects, and cannot serve.

    Args:
        authority: The federation's authority.
        csr_pem: Untrusted signing request: only its public key is used, after its signature verifies.
        identity: Who it is for, as the operator approved it.
        now: Aware time; validity starts :data:`BACKDATE` earlier.
        lifetime: How long from now; cut to the authority's own end.

    Raises:
        InputError: The request or the identity does not fit.
        VerificationError: The request's signature does not verify.
        StateError: The authority has expired.
    """
    if identity.federation != authority.federation:
        raise InputError(f"expected an identity in {authority.federation}, got one in {identity.federation}")
    if identity.role is Role.COORDINATOR:
        raise InputError(
            "expected a member or operator identity for a client certificate, got the coordinator's"
        )
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(identity.uri)]
    builder = _leaf(verify_signing_request(csr_pem), names, ExtendedKeyUsageOID.CLIENT_AUTH)
    return _sign_leaf(authority, builder, now=now, lifetime=lifetime)


def issue_server_certificate(
    authority: Authority, csr_pem: bytes, *, hosts: Sequence[str], now: datetime, lifetime: timedelta
) -> bytes:
    """Return a PEM certificate with which the coordinator serves, and cannot connect as a client.

    Args:
        authority: The federation's authority.
        csr_pem: The coordinator's signing request.
        hosts: DNS names and IP addresses that nodes dial, at least one.
        now: Aware time; validity starts :data:`BACKDATE` earlier.
        lifetime: How long from now; cut to the authority's own end.

    Raises:
        InputError: The request does not fit, or there is no host, or one is neither name nor address.
        VerificationError: The request's signature does not verify.
        StateError: The authority has expired.
    """
    if not hosts:
        raise InputError("expected at least one DNS name or IP address for the server, got none")
    uri = member_uri(authority.federation, Role.COORDINATOR, COORDINATOR_NAME)
    names = [x509.UniformResourceIdentifier(uri), *(_parse_host(host) for host in hosts)]
    builder = _leaf(verify_signing_request(csr_pem), names, ExtendedKeyUsageOID.SERVER_AUTH)
    return _sign_leaf(authority, builder, now=now, lifetime=lifetime)


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
    uris = _find_uris(_parse_certificate(certificate_pem))
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


def verify_client_certificate(
    certificate_pem: bytes,
    authority_certificate_pem: bytes,
    *,
    identity: PeerIdentity,
    public_key_der: bytes,
    now: datetime,
) -> bytes:
    """Return a newly issued client certificate after checking it is what this node asked for.

    A node calls it on what the coordinator hands out at enrolment and renewal, before storing it.

    Source: RFC 5280 section 6, as the library implements it for client certificates.

    Raises:
        VerificationError: Another authority, outside its validity, another identity or another key.
    """
    certificate = _parse_certificate(certificate_pem)
    store = Store([_parse_certificate(authority_certificate_pem)])
    try:
        PolicyBuilder().store(store).time(_utc(now)).build_client_verifier().verify(certificate, [])
    except ChainError as error:
        raise VerificationError(
            "expected a client certificate of this federation's authority that is valid now, got another; "
            "check the clock and the authority's certificate, then enrol again"
        ) from error
    if parse_peer_identity(certificate_pem, federation=identity.federation) != identity:
        raise VerificationError(f"expected a certificate for {identity.uri}, got one for another identity")
    if (
        certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        != public_key_der
    ):
        raise VerificationError("expected a certificate for this node's own key, got one for another key")
    return certificate_pem


def enrolment_fingerprint(csr_public_key_der: bytes, hpke_public_key: str, signing_public_key: str) -> str:
    """Return what the operator and the member compare by telephone: ``1a2b 3c4d ...``, eight groups.

    It covers all three public keys, so that none can be swapped on the way.

    Raises:
        InputError: A key is malformed.
    """
    parse_raw_public_key(hpke_public_key, name="X25519 public key")
    parse_raw_public_key(signing_public_key, name="Ed25519 public key")
    keys = {
        "transport": hashlib.sha256(csr_public_key_der).hexdigest(),
        "hpke": hpke_public_key,
        "signing": signing_public_key,
    }
    digest = hashlib.sha256(canonical_bytes({"domain": "clew/enrolment/v1", "keys": keys})).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, 4 * FINGERPRINT_GROUPS, 4))


def _leaf(
    public_key: ec.EllipticCurvePublicKey, names: list[x509.GeneralName], usage: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=x509.Name([]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        # Critical because the subject is empty (RFC 5280 section 4.2.1.6).
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _sign_leaf(
    authority: Authority, builder: x509.CertificateBuilder, *, now: datetime, lifetime: timedelta
) -> bytes:
    issuer = _parse_certificate(authority.certificate_pem)
    if _utc(now) >= issuer.not_valid_after_utc:
        raise StateError(
            "expected an authority that is still valid, got an expired one; make a new federation CA"
        )
    issuer_key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        builder.issuer_name(issuer.subject)
        .not_valid_before(_utc(now) - BACKDATE)
        .not_valid_after(min(_utc(now) + lifetime, issuer.not_valid_after_utc))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key_id), critical=False
        )
        .sign(_parse_transport_key(authority.private_key_pem), hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _find_uris(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _parse_certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError) as error:
        raise VerificationError("expected a PEM certificate, got bytes that do not load as one") from error


def _parse_transport_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = parse_private_key(pem, name=_KEY_NAME)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise wrong_key_kind(_KEY_NAME)
    return key


def _parse_host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        raise InputError("expected each server host to be a DNS name or an IP address, got another form")
    return x509.DNSName(host)


def _encode_public_key(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_self_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False


def _check_federation(federation: str) -> None:
    if not _FEDERATION.fullmatch(federation):
        raise InputError("expected a federation name such as east.example (lower case), got another form")


def _check_name(name: str) -> None:
    if not _MEMBER_NAME.fullmatch(name):
        raise InputError("expected a member name such as west-mercia (lower case), got another form")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InputError("expected a time with a time zone, got one without")
    return moment.astimezone(UTC)
