"""Admission as pure checks: connection, identity, role, deadline, enrolment."""

from datetime import timedelta

import pytest

from coordinator.access import verify_caller, verify_deadline, verify_may_call, verify_tls_version
from crypto.errors import InputError, PolicyError, VerificationError
from crypto.pki import PeerIdentity, Role, create_authority, create_signing_request, generate_transport_key
from crypto.pki import issue_client_certificate as issue
from protos import methods
from tests.support.rounds_builder import NOW

FEDERATION = "east.example"
ESSEX = PeerIdentity(FEDERATION, Role.FORCE, "essex")
CERTIFICATE = issue(
    create_authority(FEDERATION, now=NOW, lifetime=timedelta(days=1)),
    create_signing_request(generate_transport_key()),
    identity=ESSEX,
    now=NOW,
    lifetime=timedelta(days=1),
)


@pytest.mark.parametrize("versions", [[], [b"TLSv1.2"], [b"TLSv1.3", b"TLSv1.2"], [b"tlsv1.3"]])
def test_any_connection_but_tls_13_is_refused(versions: list[bytes]) -> None:
    with pytest.raises(VerificationError, match=r"expected TLS 1\.3, got another version") as caught:
        verify_tls_version({"ssl_tls_version": versions})
    assert caught.value.code == "TLS_VERSION"


def test_tls_13_is_accepted_and_its_certificate_names_the_caller() -> None:
    auth = {"ssl_tls_version": [b"TLSv1.3"], "x509_pem_cert": [CERTIFICATE]}
    verify_tls_version(auth)
    assert verify_caller(auth, federation=FEDERATION) == ESSEX


@pytest.mark.parametrize("certificates", [[], [CERTIFICATE, CERTIFICATE]])
def test_caller_with_no_or_two_certificates_is_refused(certificates: list[bytes]) -> None:
    with pytest.raises(VerificationError, match="expected one client certificate") as caught:
        verify_caller({"x509_pem_cert": certificates}, federation=FEDERATION)
    assert caught.value.code == "NO_CERTIFICATE"


@pytest.mark.parametrize("remaining_s", [None, 900.1, 1e9])
def test_absent_or_distant_deadline_is_refused(remaining_s: float | None) -> None:
    with pytest.raises(InputError, match="expected a deadline of at most 900 s on the call"):
        verify_deadline(remaining_s)


@pytest.mark.parametrize("remaining_s", [0.0, 20.0, 900.0])
def test_near_deadline_is_accepted(remaining_s: float) -> None:
    verify_deadline(remaining_s)


def test_enrolment_port_methods_are_nobodys_on_the_member_port() -> None:
    for role in Role:
        with pytest.raises(PolicyError, match="this certificate's role may not call this method"):
            verify_may_call(PeerIdentity(FEDERATION, role, "essex"), methods.ENROL)
