"""Joining a federation: a transport key, a signing request, and the fingerprint that people compare.

Layer: crypto. A signing request contributes its public key and nothing else; the identity is the one that
the operator approved after comparing fingerprints with the member over another channel.

Threat: a key swapped on the way to the operator; a request for a key its sender does not hold.
"""

import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.canonical import canonical_digest
from crypto.errors import InputError, VerificationError
from crypto.keyfile import encode_private_key, parse_private_key, parse_raw_public_key, wrong_key_kind

FINGERPRINT_GROUPS = 8
"""Groups of four hex digits that two people compare by telephone: 128 bits, out of reach of a forger
who must hit the fingerprint of a given enrolment."""

_KEY_NAME = "ECDSA P-256 transport key"


def generate_transport_key() -> bytes:
    """Return a new P-256 private key as unencrypted PKCS#8 PEM, from the system's random source."""
    return encode_private_key(ec.generate_private_key(ec.SECP256R1()))


def parse_transport_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Parse a P-256 private key as unencrypted PKCS#8 PEM; anything else raises :class:`InputError`."""
    key = parse_private_key(pem, name=_KEY_NAME)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise wrong_key_kind(_KEY_NAME)
    return key


def get_public_key_der(private_key_pem: bytes) -> bytes:
    """Return the DER SubjectPublicKeyInfo of a transport key; another file raises :class:`InputError`."""
    public_key = parse_transport_key(private_key_pem).public_key()
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def create_signing_request(private_key_pem: bytes) -> bytes:
    """Return a PEM certificate signing request that holds the public key and no claim about its holder."""
    builder = x509.CertificateSigningRequestBuilder(subject_name=x509.Name([]))
    request = builder.sign(parse_transport_key(private_key_pem), hashes.SHA256())
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
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
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


def get_request_key_der(csr_pem: bytes) -> bytes:
    """Return the DER SubjectPublicKeyInfo of a signing request, after :func:`verify_signing_request`."""
    return verify_signing_request(csr_pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


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
    digest = canonical_digest({"domain": "clew/enrolment/v1", "keys": keys})
    return " ".join(digest[start : start + 4] for start in range(0, 4 * FINGERPRINT_GROUPS, 4))


def _is_self_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False
