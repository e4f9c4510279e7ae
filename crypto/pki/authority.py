"""The federation's certificate authority and the leaves it issues.

Layer: crypto. ECDSA P-256 throughout (Ed25519 certificates do not work in gRPC). The authority's path
length is 0; a client leaf can only be a client and a server leaf only a server.

Threat: a member that issues certificates, a client that poses as the coordinator, a coordinator that
hands a node a certificate for another key or name.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as ChainError

from crypto.errors import InputError, StateError, VerificationError
from crypto.keyfile import encode_private_key
from crypto.pki.enrolment import parse_transport_key, verify_signing_request
from crypto.pki.identity import (
    PeerIdentity,
    Role,
    check_federation,
    member_uri,
    parse_certificate,
    parse_peer_identity,
)

BACKDATE = timedelta(minutes=5)
"""How far a certificate starts before it is made, so that a peer whose clock runs late accepts it."""

COORDINATOR_NAME = "coordinator"
"""The coordinator's name in its own URI; a federation has one."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")


@dataclass(frozen=True, slots=True)
class Authority:
    """A federation's certificate authority: its certificate and its secret key, both PEM."""

    federation: str
    certificate_pem: bytes
    private_key_pem: bytes = field(repr=False)


def create_authority(federation: str, *, now: datetime, lifetime: timedelta) -> Authority:
    """Return a new certificate authority for a federation.

    Args:
        federation: Lower-case DNS-like name, for example ``east.example``.
        now: Aware time; validity starts :data:`BACKDATE` earlier.
        lifetime: How long from now the authority may issue and be trusted.

    Raises:
        InputError: The federation's name is not of its form.
    """
    check_federation(federation)
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
    certificate = parse_certificate(certificate_pem)
    store = Store([parse_certificate(authority_certificate_pem)])
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
    issuer = parse_certificate(authority.certificate_pem)
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
        .sign(parse_transport_key(authority.private_key_pem), hashes.SHA256())
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


def _parse_host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        raise InputError("expected each server host to be a DNS name or an IP address, got another form")
    return x509.DNSName(host)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InputError("expected a time with a time zone, got one without")
    return moment.astimezone(UTC)
