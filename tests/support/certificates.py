"""Certificates that the federation's own authority would never issue, made at test time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from crypto.pki import Authority

CERTIFICATE_LIFETIME = timedelta(days=1)


def issue_with_uris(
    authority: Authority,
    key_pem: bytes,
    uris: Sequence[str],
    *,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ends_in: timedelta = CERTIFICATE_LIFETIME,
) -> bytes:
    """Return a leaf certificate with any URIs, any usage and any end, signed by an authority."""
    now = datetime.now(UTC)
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    public_key = load_pem_private_key(key_pem, None).public_key()
    names = [x509.UniformResourceIdentifier(uri) for uri in uris]
    certificate = (
        x509.CertificateBuilder(issuer_name=issuer.subject, subject_name=x509.Name([]))
        .public_key(public_key)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + ends_in)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(load_pem_private_key(authority.private_key_pem, None), hashes.SHA256())  # type: ignore[arg-type]
    )
    return certificate.public_bytes(Encoding.PEM)
