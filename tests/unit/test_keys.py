"""The linkage key: forward only, bounded, bound to its round, and never shown."""

import json

import pytest

from crypto.canonical import encode_base64
from crypto.errors import InputError, StateError
from crypto.keys import (
    MAX_RATCHET_JUMP,
    LinkageKey,
    derive_map_key,
    derive_round_key,
    encode_key_share,
    generate_linkage_key,
    parse_key_share,
)

SECRET = bytes(range(32))
KEY = LinkageKey(epoch=2, step=5, secret=SECRET)
ROUND = {
    "federation": "east.example",
    "round_id": "r-2026-11-21-1",
    "schema_digest": "ab" * 32,
    "role_view": "PERPETRATOR",
}

OWN = {"federation": "east.example", "round_id": "r-2026-11-21-1", "member": "essex"}


def test_a_new_key_starts_an_epoch_and_is_random():
    first, second = generate_linkage_key(3), generate_linkage_key(3)
    assert (first.epoch, first.step, len(first.secret)) == (3, 0, 32)
    assert first.secret != second.secret


def test_the_ratchet_never_goes_back():
    with pytest.raises(StateError) as refusal:
        KEY.ratchet_to(4)
    assert str(refusal.value) == "expected a step from 5 on, got 4: an erased key cannot be rebuilt"


def test_the_ratchet_stays_where_it_is_when_asked_to():
    assert KEY.ratchet_to(5) == KEY


def test_the_ratchet_jumps_only_so_far():
    assert KEY.ratchet_to(5 + MAX_RATCHET_JUMP).step == 5 + MAX_RATCHET_JUMP
    with pytest.raises(StateError) as refusal:
        KEY.ratchet_to(6 + MAX_RATCHET_JUMP)
    assert str(refusal.value) == (
        "expected a step up to 1029, got 1030; check the announced round with the key custodian"
    )


def test_the_ratchet_and_the_round_key_keep_their_bytes_between_versions():
    # Members at different versions must agree: a change here is a wire change and needs a new label.
    assert (
        KEY.ratchet_to(6).secret.hex() == "557c811db36ace747a2ec6a436840cb61316346422291253800b41500db100fb"
    )
    assert (
        derive_round_key(KEY, **ROUND).hex()
        == "02387bd3eeb1439c2c0a09ac410602c166c21823758bc17feb62d2a6011b4e6c"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"federation": "west.example"},
        {"round_id": "r-2026-11-21-2"},
        {"schema_digest": "cd" * 32},
        {"role_view": "VICTIM"},
    ],
)
def test_any_other_label_gives_another_round_key(change):
    assert derive_round_key(KEY, **ROUND | change) != derive_round_key(KEY, **ROUND)


@pytest.mark.parametrize(
    "key",
    [LinkageKey(3, 5, SECRET), LinkageKey(2, 6, SECRET), LinkageKey(2, 5, bytes(32)), KEY.ratchet_to(6)],
)
def test_any_other_linkage_key_gives_another_round_key(key):
    assert derive_round_key(key, **ROUND) != derive_round_key(KEY, **ROUND)


def test_a_round_key_is_32_bytes_and_is_not_the_next_linkage_key():
    assert len(derive_round_key(KEY, **ROUND)) == 32
    assert derive_round_key(KEY, **ROUND) not in (KEY.secret, KEY.ratchet_to(6).secret)


@pytest.mark.parametrize("name", sorted(ROUND))
def test_an_empty_label_is_refused(name):
    with pytest.raises(InputError) as refusal:
        derive_round_key(KEY, **ROUND | {name: ""})
    assert str(refusal.value) == f"expected a value for {name} of the round key, got an empty one"


def test_the_map_key_keeps_its_bytes_between_versions():
    # A node that was updated half-way through a round must open its own files.
    assert (
        derive_map_key(KEY, **OWN).hex() == "468a489eaebe632caf8a1cde2aadb775dd71159dfc42895b89ce845d6fec6924"
    )


@pytest.mark.parametrize(
    "change", [{"federation": "west.example"}, {"round_id": "r-2026-11-21-2"}, {"member": "kent"}]
)
def test_any_other_label_gives_another_map_key(change):
    assert derive_map_key(KEY, **OWN | change) != derive_map_key(KEY, **OWN)


def test_a_map_key_is_gone_with_its_step_and_is_no_round_key():
    assert derive_map_key(KEY.ratchet_to(6), **OWN) != derive_map_key(KEY, **OWN)
    assert derive_map_key(KEY, **OWN) not in (derive_round_key(KEY, **ROUND), KEY.secret)


@pytest.mark.parametrize("name", sorted(OWN))
def test_an_empty_label_of_a_map_key_is_refused(name):
    with pytest.raises(InputError) as refusal:
        derive_map_key(KEY, **OWN | {name: ""})
    assert str(refusal.value) == f"expected a value for {name} of the map key, got an empty one"


@pytest.mark.parametrize(
    ("epoch", "step", "secret", "message"),
    [
        (0, 0, SECRET, "expected a key epoch of 1 or more"),
        (True, 0, SECRET, "expected a key epoch of 1 or more"),
        (1, -1, SECRET, "expected a ratchet step of 0 or more"),
        (1, 1.0, SECRET, "expected a ratchet step of 0 or more"),
        (1, 0, SECRET[:-1], "expected a linkage key of 32 bytes"),
        (1, 0, "x" * 32, "expected a linkage key of 32 bytes"),
    ],
)
def test_a_linkage_key_out_of_range_is_refused(epoch, step, secret, message):
    with pytest.raises(InputError, match=message):
        LinkageKey(epoch, step, secret)


def _share(**change: object) -> bytes:
    value = json.loads(encode_key_share(KEY)) | change
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def test_a_key_share_round_trips():
    assert parse_key_share(encode_key_share(KEY)) == KEY
    assert _share() == encode_key_share(KEY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a linkage key share, got bytes that are not JSON"),
        (b"\xff" + SECRET, "expected a linkage key share, got bytes that are not JSON"),
        (b'{"epoch":1,"epoch":2}', "expected a linkage key share, got bytes that are not JSON"),
        (b"[]", "in format clew/linkage-key/share/v1, got other content"),
        (
            _share(format="clew/linkage-key/share/v2"),
            "in format clew/linkage-key/share/v1, got other content",
        ),
        (_share(extra=1), "in format clew/linkage-key/share/v1, got other content"),
        (_share(epoch=0), "expected a key epoch of 1 or more"),
        (_share(step="5"), "expected a ratchet step of 0 or more"),
        (_share(secret="AAAA"), "expected the secret of a key share of 32 bytes, got 3"),
        (_share(secret=None), "expected the secret of a key share as base64 text"),
        (encode_key_share(KEY) + b"\n", "in canonical form, got another spelling"),
    ],
)
def test_bytes_that_are_no_key_share_are_refused(data, message):
    with pytest.raises(InputError) as refusal:
        parse_key_share(data)
    assert message in str(refusal.value)


def _secret_forms() -> tuple[str, ...]:
    return (SECRET.hex(), encode_base64(SECRET), repr(SECRET)[2:-1], encode_base64(SECRET)[:-4])


def test_no_secret_in_any_representation_or_error():
    texts = [repr(KEY), str(KEY), f"{KEY}"]
    truncated = _share(secret=encode_base64(SECRET)[:-4])
    for data in (encode_key_share(KEY)[:-2], encode_key_share(KEY) + b"}", truncated, _share(epoch=0)):
        with pytest.raises(InputError) as refusal:
            parse_key_share(data)
        error: BaseException | None = refusal.value
        while error is not None:
            texts += [repr(error), str(error.__dict__)]
            error = error.__cause__
    for step in (0, 10**6):
        with pytest.raises(StateError) as refused_step:
            KEY.ratchet_to(step)
        texts.append(repr(refused_step.value))
    assert not [text for text in texts for form in _secret_forms() if form in text]
