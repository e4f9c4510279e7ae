"""A checkpoint has one form, one origin and one signature of its log; everything else is refused."""

import base64
import hashlib

import pytest

from crypto.errors import InputError, VerificationError
from crypto.log.checkpoint import MAX_CHECKPOINT_BYTES, Checkpoint, sign_checkpoint, verify_checkpoint
from crypto.log.merkle import EMPTY_ROOT, MAX_TREE_SIZE
from crypto.signing import SigningKey

ORIGIN = "clew.example/log"
ROOT = hashlib.sha256(b"root").digest()
LOG_KEY = SigningKey.generate()
OTHER_KEY = SigningKey.generate()
COSIGNATURE = "— witness.example/w1 " + base64.b64encode(bytes(76)).decode() + "\n"


def signed(body: str, *, name: str = ORIGIN, key: SigningKey = LOG_KEY) -> str:
    """A note that a careless log might sign: any body at all."""
    public = base64.b64decode(key.public_key)
    key_hash = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    blob = base64.b64encode(key_hash + key.sign(body.encode())).decode()
    return f"{body}\n— {name} {blob}\n"


def body(*, origin: str = ORIGIN, size: str = "7", root: str = base64.b64encode(ROOT).decode()) -> str:
    return f"{origin}\n{size}\n{root}\n"


def verify(text: str) -> Checkpoint:
    return verify_checkpoint(text, origin=ORIGIN, public_key=LOG_KEY.public_key)


def test_a_signed_checkpoint_verifies_to_what_was_signed():
    checkpoint = Checkpoint(ORIGIN, 7, ROOT)
    note = sign_checkpoint(checkpoint, LOG_KEY.sign, public_key=LOG_KEY.public_key)
    assert note == signed(body())
    assert verify(note) == checkpoint


def test_an_empty_log_has_a_checkpoint():
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert verify(sign_checkpoint(checkpoint, LOG_KEY.sign, public_key=LOG_KEY.public_key)) == checkpoint


@pytest.mark.parametrize("cosignatures", [COSIGNATURE, COSIGNATURE * 16])
def test_cosignatures_of_unknown_keys_are_tolerated_on_either_side(cosignatures):
    text, blank, own = signed(body()).partition("\n\n")
    assert verify(text + blank + own + cosignatures).size == 7
    assert verify(text + blank + cosignatures + own).size == 7


def test_an_unknown_key_may_share_the_name_of_the_log():
    stranger = signed(body(), key=OTHER_KEY).rpartition("\n\n")[2]
    assert verify(signed(body()) + stranger).size == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (signed(body(size="07")), "expected a decimal checkpoint size without leading zeros"),
        (signed(body(size="+7")), "expected a decimal checkpoint size without leading zeros"),
        (signed(body(size="٧")), "expected a decimal checkpoint size without leading zeros"),
        (signed(body(size="")), "expected a decimal checkpoint size without leading zeros"),
        (signed(body(size=str(2**53))), f"expected a checkpoint size from 0 to {MAX_TREE_SIZE}"),
        (signed(body(size="0")), "expected the empty root at size 0, got another root"),
        (signed(body(root="AAAA")), "expected a root of 32 bytes, got 3"),
        (signed(body(root="?" * 44)), "expected a checkpoint root in base64"),
        (signed(body(root="B" * 43 + "=")), "expected a checkpoint root in canonical base64"),
        (signed(body() + "extension\n"), "expected checkpoint text of 3 lines, got 4"),
        (signed(ORIGIN + "\n7\n"), "expected checkpoint text of 3 lines, got 2"),
        (signed(body(origin="other.example/log")), f"expected a checkpoint of the log {ORIGIN}"),
        (
            signed(body(), name="other.example/log"),
            "expected exactly one signature of the log's own key, got 0",
        ),
        (signed(body(), key=OTHER_KEY), "expected exactly one signature of the log's own key, got 0"),
        (signed(body()) + signed(body()).rpartition("\n\n")[2], "own key, got 2"),
        (body() + "\n" + COSIGNATURE, "expected exactly one signature of the log's own key, got 0"),
        (body(), "expected checkpoint text, a blank line and signature lines"),
        (body() + "\n", "expected checkpoint text, a blank line and signature lines"),
        ("", "expected checkpoint text, a blank line and signature lines"),
        (signed(body())[:-1], "expected checkpoint text, a blank line and signature lines"),
        (signed(body()) + "unexpected\n", "expected a signature line of dash, key name and base64"),
        (signed(body()) + "— a+b AAAAAAA=\n", "expected a signature line of dash, key name and base64"),
        (signed(body()) + "— w AAAAAA\n", "expected a checkpoint signature in base64"),
        (signed(body()) + "— w AAAAAAB=\n", "expected a checkpoint signature in canonical base64"),
        (signed(body()) + "— w AAAAAA==\n", "expected a signature after the key hash, got none"),
        (signed(body()).replace("\n", "\r\n"), "expected a checkpoint without control characters, got one"),
        (signed(body()).replace("7", "8", 1), "got one that does not verify"),
        (signed(body()) + "\udc80", "expected a checkpoint in UTF-8"),
        (
            signed(body()) + COSIGNATURE * 1100,
            f"expected a checkpoint of at most {MAX_CHECKPOINT_BYTES} bytes",
        ),
    ],
    ids=lambda value: value if value.startswith(("expected", "own", "got")) else "note",
)
def test_any_other_form_is_refused(text, message):
    with pytest.raises(VerificationError) as caught:
        verify(text)
    assert message in caught.value.public_message


@pytest.mark.parametrize(
    ("origin", "size", "root", "message"),
    [
        ("", 7, ROOT, "expected a log origin such as clew.example/log, without space or plus"),
        ("clew example", 7, ROOT, "expected a log origin"),
        ("clew+example", 7, ROOT, "expected a log origin"),
        ("clew\nexample", 7, ROOT, "expected a log origin"),
        ("x" * 256, 7, ROOT, "expected a log origin"),
        (ORIGIN, -1, ROOT, f"expected a checkpoint size from 0 to {MAX_TREE_SIZE}, got -1"),
        (ORIGIN, 7, ROOT[:31], "expected a root of 32 bytes, got 31"),
        (ORIGIN, 0, ROOT, "expected the empty root at size 0, got another root"),
    ],
)
def test_a_checkpoint_outside_its_ranges_is_not_made(origin, size, root, message):
    with pytest.raises(InputError) as caught:
        Checkpoint(origin, size, root)
    assert message in caught.value.public_message


def test_a_malformed_log_key_is_the_callers_mistake():
    with pytest.raises(InputError, match="the log's public key of 32 bytes, got 3"):
        verify_checkpoint(signed(body()), origin=ORIGIN, public_key="AAAA")
