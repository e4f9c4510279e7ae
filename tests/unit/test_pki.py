"""Certificates: what is issued verifies strictly, and every other certificate or request is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as ChainError

from crypto.errors import InputError, StateError, VerificationError
from crypto.pki import (
    BACKDATE,
    PeerIdentity,
    Role,
    create_authority,
    create_signing_request,
    enrolment_fingerprint,
    generate_transport_key,
    get_public_key_der,
    get_request_key_der,
    issue_client_certificate,
    issue_server_certificate,
    member_uri,
    parse_peer_identity,
    verify_client_certificate,
    verify_signing_request,
)
from crypto.sealing import SealingKey
from crypto.signing import SigningKey

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
FEDERATION = "east.example"
AUTHORITY = create_authority(FEDERATION, now=NOW, lifetime=10 * YEAR)
FOREIGN = create_authority(FEDERATION, now=NOW, lifetime=10 * YEAR)
KEY_PEM = generate_transport_key()
REQUEST = create_signing_request(KEY_PEM)
ESSEX = PeerIdentity(FEDERATION, Role.FORCE, "essex")


def _client(authority=AUTHORITY, identity=ESSEX, lifetime=YEAR) -> bytes:
    return issue_client_certificate(authority, REQUEST, identity=identity, now=NOW, lifetime=lifetime)


def _server(*hosts: str) -> bytes:
    return issue_server_certificate(AUTHORITY, REQUEST, hosts=hosts, now=NOW, lifetime=YEAR)


def _extension(pem: bytes, kind: type[x509.ExtensionType]) -> x509.Extension:
    return x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(kind)


def test_a_client_certificate_is_accepted_by_the_member_it_was_issued_to():
    pem = _client()
    assert (
        verify_client_certificate(
            pem,
            AUTHORITY.certificate_pem,
            identity=ESSEX,
            public_key_der=get_public_key_der(KEY_PEM),
            now=NOW,
        )
        == pem
    )


@pytest.mark.parametrize("role", [Role.FORCE, Role.PARTNER, Role.OPERATOR])
def test_the_identity_in_a_client_certificate_is_the_approved_one(role):
    identity = PeerIdentity(FEDERATION, role, "west-mercia")
    pem = _client(identity=identity)
    assert parse_peer_identity(pem, federation=FEDERATION) == identity
    assert (
        identity.uri
        == member_uri(FEDERATION, role, "west-mercia")
        == f"spiffe://east.example/{role}/west-mercia"
    )


def test_a_request_contributes_its_public_key_and_no_name():
    private_key = load_pem_private_key(KEY_PEM, password=None)
    claim = x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier("spiffe://east.example/operator/root")]
    )
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]))
        .add_extension(claim, critical=False)
        .sign(private_key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    pem = issue_client_certificate(AUTHORITY, request, identity=ESSEX, now=NOW, lifetime=YEAR)
    certificate = x509.load_pem_x509_certificate(pem)
    assert parse_peer_identity(pem, federation=FEDERATION) == ESSEX
    assert list(certificate.subject) == []
    assert certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ) == get_public_key_der(KEY_PEM)


def test_the_authority_may_sign_leaves_and_nothing_longer():
    constraints = _extension(AUTHORITY.certificate_pem, x509.BasicConstraints)
    usage = _extension(AUTHORITY.certificate_pem, x509.KeyUsage)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature


@pytest.mark.parametrize(
    ("pem", "usage"),
    [(_client(), ExtendedKeyUsageOID.CLIENT_AUTH), (_server("localhost"), ExtendedKeyUsageOID.SERVER_AUTH)],
    ids=["client", "server"],
)
def test_a_leaf_signs_nothing_and_has_one_use(pem, usage):
    assert list(_extension(pem, x509.ExtendedKeyUsage).value) == [usage]
    assert not _extension(pem, x509.BasicConstraints).value.ca
    assert not _extension(pem, x509.KeyUsage).value.key_cert_sign
    assert x509.load_pem_x509_certificate(pem).public_key().curve.name == "secp256r1"


def test_validity_starts_a_little_early_and_ends_with_the_authority():
    leaf = x509.load_pem_x509_certificate(_client(lifetime=YEAR))
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (NOW - BACKDATE, NOW + YEAR)
    assert x509.load_pem_x509_certificate(_client(lifetime=20 * YEAR)).not_valid_after_utc == NOW + 10 * YEAR


def test_serial_numbers_differ():
    serials = {x509.load_pem_x509_certificate(_client()).serial_number for _ in range(5)}
    assert len(serials) == 5


def test_a_server_certificate_verifies_for_its_hosts_only():
    pem = _server("coordinator.east.example", "127.0.0.1", "::1")
    store = Store([x509.load_pem_x509_certificate(AUTHORITY.certificate_pem)])
    policy = PolicyBuilder().store(store).time(NOW)
    leaf = x509.load_pem_x509_certificate(pem)
    policy.build_server_verifier(x509.DNSName("coordinator.east.example")).verify(leaf, [])
    with pytest.raises(ChainError, match="leaf certificate has no matching subjectAltName"):
        policy.build_server_verifier(x509.DNSName("elsewhere.example")).verify(leaf, [])
    names = _extension(pem, x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert parse_peer_identity(pem, federation=FEDERATION) == PeerIdentity(
        FEDERATION, Role.COORDINATOR, "coordinator"
    )


@pytest.mark.parametrize("hosts", [(), ("",), ("two words",), ("-x.example",), ("a..b",), ("https://x",)])
def test_a_server_certificate_without_a_usable_host_is_refused(hosts):
    with pytest.raises(InputError, match=r"DNS name or (an )?IP address"):
        _server(*hosts)


def _verify(pem: bytes, **change: object) -> None:
    arguments = {"identity": ESSEX, "public_key_der": get_public_key_der(KEY_PEM), "now": NOW} | change
    verify_client_certificate(pem, AUTHORITY.certificate_pem, **arguments)


@pytest.mark.parametrize(
    ("pem", "change", "message"),
    [
        (
            _client(FOREIGN),
            {},
            "expected a client certificate of this federation's authority that is valid now",
        ),
        (_server("localhost"), {}, "expected a client certificate of this federation's authority"),
        (AUTHORITY.certificate_pem, {}, "expected a client certificate of this federation's authority"),
        (
            _client(),
            {"now": NOW + 2 * YEAR},
            "check the clock and the authority's certificate, then enrol again",
        ),
        (_client(), {"now": NOW - timedelta(hours=1)}, "valid now, got another"),
        (
            _client(identity=PeerIdentity(FEDERATION, Role.FORCE, "kent")),
            {},
            "expected a certificate for spiffe://east.example/force/essex, got one for another identity",
        ),
        (
            _client(),
            {"public_key_der": get_public_key_der(generate_transport_key())},
            "expected a certificate for this node's own key, got one for another key",
        ),
        (b"not a certificate", {}, "expected a PEM certificate, got bytes that do not load as one"),
    ],
    ids=["foreign CA", "server leaf", "CA itself", "expired", "early", "other name", "other key", "no PEM"],
)
def test_a_certificate_that_was_not_asked_for_is_refused(pem, change, message):
    with pytest.raises(VerificationError) as refusal:
        _verify(pem, **change)
    assert message in str(refusal.value)


def test_an_identity_of_another_federation_is_not_issued():
    with pytest.raises(InputError) as refusal:
        _client(identity=PeerIdentity("west.example", Role.FORCE, "essex"))
    assert str(refusal.value) == "expected an identity in east.example, got one in west.example"


def test_a_client_cannot_be_made_the_coordinator():
    with pytest.raises(InputError, match="got the coordinator's"):
        _client(identity=PeerIdentity(FEDERATION, Role.COORDINATOR, "coordinator"))


def test_an_expired_authority_issues_nothing():
    with pytest.raises(StateError) as refusal:
        issue_client_certificate(AUTHORITY, REQUEST, identity=ESSEX, now=NOW + 11 * YEAR, lifetime=YEAR)
    assert str(refusal.value) == (
        "expected an authority that is still valid, got an expired one; make a new federation CA"
    )


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(InputError, match="expected a time with a time zone"):
        create_authority(FEDERATION, now=NOW.replace(tzinfo=None), lifetime=YEAR)


def _certificate_with(*names: x509.GeneralName) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(issuer_name=x509.Name([]), subject_name=x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + YEAR)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "expected exactly one URI in the peer's certificate, got 0"),
        ((x509.DNSName("essex"),), "expected exactly one URI in the peer's certificate, got 0"),
        (
            (_uri("spiffe://east.example/force/essex"), _uri("spiffe://east.example/force/kent")),
            "expected exactly one URI in the peer's certificate, got 2",
        ),
        ((_uri("https://east.example/force/essex"),), "expected a URI spiffe://federation/role/name"),
        ((_uri("spiffe://east.example/force/essex/more"),), "expected a URI spiffe://federation/role/name"),
        ((_uri("spiffe://east.example/force/"),), "expected a URI spiffe://federation/role/name"),
        ((_uri("spiffe://west.example/force/essex"),), "expected a certificate of federation east.example"),
        ((_uri("spiffe://EAST.example/force/essex"),), "expected a certificate of federation east.example"),
        ((_uri("spiffe://east.example/root/essex"),), "expected a known role and a well-formed name"),
        ((_uri("spiffe://east.example/FORCE/essex"),), "expected a known role and a well-formed name"),
        ((_uri("spiffe://east.example/force/Essex"),), "expected a known role and a well-formed name"),
        ((_uri("spiffe://east.example/force/e"),), "expected a known role and a well-formed name"),
        ((_uri("spiffe://east.example/force/essex?x"),), "expected a known role and a well-formed name"),
        ((_uri(f"spiffe://east.example/force/{'e' * 42}"),), "expected a known role and a well-formed name"),
    ],
)
def test_a_peer_without_exactly_one_good_uri_has_no_identity(names, message):
    with pytest.raises(VerificationError) as refusal:
        parse_peer_identity(_certificate_with(*names), federation=FEDERATION)
    assert message in str(refusal.value)


def test_a_signing_request_verifies_to_its_key():
    public_key = verify_signing_request(REQUEST)
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert der == get_public_key_der(KEY_PEM) == get_request_key_der(REQUEST)


def _request_by(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(subject_name=x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _with_last_byte_changed(pem: bytes) -> bytes:
    request = x509.load_pem_x509_csr(pem)
    der = bytearray(request.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("request_pem", "error", "message"),
    [
        (_with_last_byte_changed(REQUEST), VerificationError, "got one whose signature does not verify"),
        (
            _request_by(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
            InputError,
            "expected a signing request for an ECDSA P-256 key, got another kind; run init again",
        ),
        (
            _request_by(ec.generate_private_key(ec.SECP384R1())),
            InputError,
            "expected a signing request for an ECDSA P-256",
        ),
        (b"", InputError, "expected a PEM certificate signing request, got bytes that do not load as one"),
        (
            KEY_PEM,
            InputError,
            "expected a PEM certificate signing request, got bytes that do not load as one",
        ),
        (
            _client(),
            InputError,
            "expected a PEM certificate signing request, got bytes that do not load as one",
        ),
    ],
    ids=["tampered", "RSA", "P-384", "empty", "private key", "certificate"],
)
def test_a_request_that_proves_no_p256_key_is_refused(request_pem, error, message):
    for attempt in (
        lambda: verify_signing_request(request_pem),
        lambda: issue_client_certificate(AUTHORITY, request_pem, identity=ESSEX, now=NOW, lifetime=YEAR),
        lambda: issue_server_certificate(AUTHORITY, request_pem, hosts=["localhost"], now=NOW, lifetime=YEAR),
    ):
        with pytest.raises(error) as refusal:
            attempt()
        assert message in str(refusal.value)


@pytest.mark.parametrize("pem", [b"", SigningKey.generate().to_pem(), REQUEST])
def test_a_file_that_is_no_transport_key_is_refused(pem):
    with pytest.raises(InputError, match="expected an ECDSA P-256 transport key"):
        create_signing_request(pem)


@pytest.mark.parametrize(
    ("federation", "name"),
    [
        ("East.example", "essex"),
        ("", "essex"),
        ("east/x", "essex"),
        (FEDERATION, "Essex"),
        (FEDERATION, "../x"),
    ],
)
def test_a_malformed_identity_cannot_be_built(federation, name):
    with pytest.raises(InputError, match="lower case such as"):
        PeerIdentity(federation, Role.FORCE, name)


def test_the_authoritys_key_is_not_shown():
    secret_lines = [line for line in AUTHORITY.private_key_pem.decode().splitlines() if "-" not in line]
    assert not [line for line in secret_lines if line in repr(AUTHORITY)]
    assert "private_key_pem" not in repr(AUTHORITY)


HPKE_KEY, SIGNING_KEY = SealingKey.generate().public_key, SigningKey.generate().public_key


def test_a_fingerprint_is_eight_groups_that_both_ends_compute_alike():
    member = enrolment_fingerprint(get_public_key_der(KEY_PEM), HPKE_KEY, SIGNING_KEY)
    operator = enrolment_fingerprint(get_request_key_der(REQUEST), HPKE_KEY, SIGNING_KEY)
    groups = member.split(" ")
    assert member == operator
    assert [len(group) for group in groups] == [4] * 8
    assert set("".join(groups)) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "keys",
    [
        (get_public_key_der(generate_transport_key()), HPKE_KEY, SIGNING_KEY),
        (get_public_key_der(KEY_PEM), SealingKey.generate().public_key, SIGNING_KEY),
        (get_public_key_der(KEY_PEM), HPKE_KEY, SigningKey.generate().public_key),
        (get_public_key_der(KEY_PEM), SIGNING_KEY, HPKE_KEY),
    ],
    ids=["transport", "hpke", "signing", "swapped"],
)
def test_any_other_key_changes_the_fingerprint(keys):
    assert enrolment_fingerprint(*keys) != enrolment_fingerprint(
        get_public_key_der(KEY_PEM), HPKE_KEY, SIGNING_KEY
    )
