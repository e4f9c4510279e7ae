"""Key files, credentials and the form."""

import stat
import tomllib

import pytest

from crypto.canonical import parse_json
from crypto.credential import verify_credential
from crypto.errors import InputError, PolicyError, StateError
from crypto.signing import SigningKey
from node.requests.form import QUESTIONS, parse_form, render_template
from node.requests.wiring import open_registry
from tests.unit.requests.federation import Federation


def test_a_key_file_is_private_and_the_credential_is_the_nodes(federation: Federation) -> None:
    essex = federation.essex
    assert stat.S_IMODE((essex.home / "essex-di-07.key").stat().st_mode) == 0o600
    member = federation.agreement.get_member("essex")
    credential = verify_credential(
        parse_json(essex.people["essex-di-07"].envelope), member.signing_public_key, organisation="essex"
    )
    assert (credential.role, credential.rank) == ("INSPECTOR_PVP", "inspector")
    people = open_registry(essex.context).load_people()
    assert [person.person_id for person in people] == ["essex-dc-11", "essex-di-07"]


def test_the_node_does_not_keep_a_persons_private_key(federation: Federation) -> None:
    essex = federation.essex
    pem = essex.people["essex-di-07"].key.to_pem().split(b"\n")[1]
    assert not any(pem in path.read_bytes() for path in essex.home.glob("node.sqlite*"))


def test_an_id_is_registered_once_and_its_second_key_file_does_not_stay(federation: Federation) -> None:
    path = federation.essex.home / "second.key"
    with pytest.raises(StateError, match="essex-di-07 is registered already"):
        open_registry(federation.essex.context).add_person(
            "essex-di-07", role="OIC", rank="constable", key_path=path, now=federation.time
        )
    assert not path.exists()


def test_a_key_file_is_never_overwritten(federation: Federation) -> None:
    path = federation.essex.home / "essex-di-07.key"
    before = path.read_bytes()
    with pytest.raises(InputError, match="a key file is never overwritten"):
        open_registry(federation.essex.context).add_person(
            "essex-di-08", role="OIC", rank="constable", key_path=path, now=federation.time
        )
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("role", "rank", "message"),
    [
        ("BOSS", "inspector", "role: expected one of OIC"),
        ("INSPECTOR_PVP", "sergeant", "INSPECTOR_PVP expects INSPECTOR or above .* got SERGEANT"),
        ("SUPERINTENDENT", "wizard", "got a rank that is not in the list"),
    ],
)
def test_an_office_needs_its_rank(federation: Federation, role: str, rank: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        federation.essex.hire("essex-x-01", role=role, rank=rank)


def test_a_key_of_nobody_here_is_refused(federation: Federation) -> None:
    path = federation.essex.home / "stranger.key"
    path.touch(mode=0o600)
    path.write_bytes(SigningKey.generate().to_pem())
    with pytest.raises(PolicyError, match="nobody registered at essex"):
        open_registry(federation.essex.context).load_signatory(path)


def test_a_key_file_that_others_can_read_is_refused(federation: Federation) -> None:
    path = federation.essex.home / "essex-di-07.key"
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        open_registry(federation.essex.context).load_signatory(path)


def test_the_template_is_toml_that_asks_every_question_with_a_comment() -> None:
    text = render_template()
    assert set(tomllib.loads(text)) == {question.field for question in QUESTIONS}
    for question in QUESTIONS:
        assert f"# {question.help}\n" in text
        for choice in question.choices or ():
            assert str(choice) in text


def test_the_examples_of_the_template_are_of_its_own_lists() -> None:
    for question in QUESTIONS:
        if question.choices is not None:
            given = question.example if isinstance(question.example, list) else [question.example]
            assert set(given) <= set(question.choices)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"case_ref = ", "expected UTF-8 TOML"),
        (b"\xff\xfe", "expected UTF-8 TOML"),
        (b"", "missing case_ref, supervisor_id.*; case_ref: force URN"),
        (render_template().encode() + b"\nimmigration = true", "1 unknown field"),
        (b"#" * 70_000, "expected at most 65536 bytes, got 70000"),
    ],
)
def test_a_bad_form_is_refused_with_what_to_do(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_form(data)


def test_a_purpose_may_be_left_out_outside_part_three() -> None:
    text = "\n".join(line for line in render_template().splitlines() if not line.startswith("le_purpose"))
    assert parse_form(text.encode())["le_purpose"] is None
