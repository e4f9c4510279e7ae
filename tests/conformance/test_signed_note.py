"""Published C2SP signed notes and checkpoints, made and signed by other implementations.

Sources (data only): golang.org/x/mod `sumdb/note/note_test.go` (the PeterNeumann and EnochRoot keys and
note); the example of the C2SP tlog-checkpoint specification; Sigstore's public Rekor v2 log
log2025-1.rekor.sigstore.dev, whose key is in Sigstore's `trusted_root.json`: an entry with its
inclusion proof and checkpoint as recorded in sigstore/sigstore-js
`packages/sign/src/__tests__/external/rekor-v2.test.ts`, and a later checkpoint with a witness's
cosignature.
"""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.canonical import decode_base64, encode_base64
from crypto.errors import VerificationError
from crypto.log.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from crypto.log.merkle import EMPTY_ROOT
from crypto.log.receipt import Receipt, verify_receipt

PETER_SECRET = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM="
PETER_PUBLIC = "GlzZBxQ8OExB6DDFvOEqqIF+xWSaqr8sMTiLNbLXRNY="
PETER_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
PETER_TEXT = (
    b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
ENOCH_PUBLIC = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="

REKOR_ORIGIN = "log2025-1.rekor.sigstore.dev"
REKOR_PUBLIC = "t8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="
REKOR_RECEIPT = Receipt(
    entry=base64.b64decode(
        "eyJhcGlWZXJzaW9uIjoiMC4wLjIiLCJraW5kIjoiaGFzaGVkcmVrb3JkIiwic3BlYyI6eyJoYXNoZWRSZWtvcmRWMDAyIjp7"
        "ImRhdGEiOnsiYWxnb3JpdGhtIjoiU0hBMl8yNTYiLCJkaWdlc3QiOiI1ZEoyU2FrVWVPWFk0dXQxaEJIUG9teitoVG42dGMw"
        "S1R6Y0dvc0ErZXBFPSJ9LCJzaWduYXR1cmUiOnsiY29udGVudCI6Ik1FWUNJUURjSk84Mm56MXJydHUxRHhTcHJ1WDFvZ0p1"
        "bThkbDRJaUdCTVB6M2pZY2JnSWhBS3dROHdOdTFPbjhwWWZoQUpDSzhPcVQwT09HVGgveUFRK0FuL2UzZC9kVSIsInZlcmlm"
        "aWVyIjp7ImtleURldGFpbHMiOiJQS0lYX0VDRFNBX1AyNTZfU0hBXzI1NiIsInB1YmxpY0tleSI6eyJyYXdCeXRlcyI6Ik1G"
        "a3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRTBxOVErdGRHMTk1Q1hLZm1VeDFZYXR2Wi9tTjNyaGpwT2ZtMWx2"
        "c2tXcHJIOVB4cGU5WGM2TGpFSmJCY1ZQaHV0a2ZVdkJCOVJEays0MlNORTYvNXhnPT0ifX19fX19"
    ),
    index=412114,
    proof=tuple(
        base64.b64decode(item)
        for item in (
            "KIoYVJ0TqmaEkFboP7YWTjSh8vFjVECmokcTOAByfIM=",
            "Umf0h0cK2hegTzNnSgsXszyiA4bp5OvEvP+GrWq3C8w=",
            "vNQeSNBfepYZI2Ez3ViKdCft0JH87ZS8IGKwixxUVjc=",
            "JBAugd5awOqmHXIKgz1MOjlR5f37VqmP0bWoRVcHX5M=",
            "xYH2mAxGxfOgvSOLnItT2LsJt+Z2a2egjf8QJFwK7jA=",
            "PbZWM3NitzChx9A22m/kddDtzh2bAKX5Fy7j76l3z2k=",
            "sKX9Sbsahvw5DiC2oP6pbZsDi1NzuNS1nIULXkCC57o=",
            "pfTCxXHnCM253jwYxVJcuUhmoTTtDxznn92QhN0M4Ws=",
            "cJ8uk2ZvZyfg+HRILKOHcyHu2pvI8Fz3R1MyMvyzWtA=",
        )
    ),
    checkpoint=(
        "log2025-1.rekor.sigstore.dev\n"
        "412115\n"
        "+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=\n"
        "\n"
        "— log2025-1.rekor.sigstore.dev "
        "zxGZFahCZ/+MqTjH4rC5MWcdLDWbpetE5l30RZfQc4BQkRjWSoKipEUPjvHENeZDHIlAsuezJcLzUVvItpNjaSRoMAs=\n"
    ),
)
REKOR_COSIGNED_CHECKPOINT = (
    "log2025-1.rekor.sigstore.dev\n"
    "139911860\n"
    "EliTHtnx44DhEBH+5qIXBtQsSpc54Avam7mIYEvxnTA=\n"
    "\n"
    "— log2025-1.rekor.sigstore.dev "
    "zxGZFcOra4Y7QpuiQen+CmnUvDZbxSXfBOXJzL+HKIeR9aC58QTfao58ABqkhVyBhQDseS+TZdDNpcnZhoRxkh7IbQ0=\n"
    "— witness.stagemole.eu "
    "Z/euoAAAAABqxF18wrJCADsJ1G5Lc2JaRjZqqBwjpNqH24yQse4iJ4rKS6b5MtvHP+IbKYXwaWuWokdGA+BubLFi+TrwK7xpKr6XBw==\n"
)


def signature_blob(note: str) -> bytes:
    return decode_base64(note.rstrip("\n").rpartition(" ")[2])


@pytest.mark.parametrize(
    ("name", "public_key", "key_hash"),
    [
        ("PeterNeumann", PETER_PUBLIC, "c74f20a3"),
        ("EnochRoot", ENOCH_PUBLIC, "af0cfe78"),
        (REKOR_ORIGIN, REKOR_PUBLIC, "cf119915"),
    ],
)
def test_signature_lines_carry_the_published_key_hash(name, public_key, key_hash):
    note = sign_checkpoint(Checkpoint(name, 0, EMPTY_ROOT), lambda _: bytes(64), public_key=public_key)
    assert signature_blob(note)[:4].hex() == key_hash


def test_the_published_note_is_reproduced_byte_for_byte():
    key = Ed25519PrivateKey.from_private_bytes(decode_base64(PETER_SECRET))
    assert encode_base64(key.public_key().public_bytes_raw()) == PETER_PUBLIC
    note = sign_checkpoint(
        Checkpoint("PeterNeumann", 0, EMPTY_ROOT), lambda _: key.sign(PETER_TEXT), public_key=PETER_PUBLIC
    )
    assert note.endswith(f"\n\n— PeterNeumann {PETER_SIGNATURE}\n")


def test_the_body_of_the_specification_example_is_reproduced():
    root = decode_base64("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert Checkpoint("example.com/behind-the-sofa", 20852163, root).body == (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_a_receipt_of_a_public_log_verifies():
    checkpoint = verify_receipt(REKOR_RECEIPT, origin=REKOR_ORIGIN, log_public_key=REKOR_PUBLIC)
    assert checkpoint == Checkpoint(
        REKOR_ORIGIN, 412115, decode_base64("+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=")
    )


def test_a_receipt_of_a_public_log_does_not_verify_for_the_entry_before():
    with pytest.raises(VerificationError, match=r"inclusion proof is too short for index 412113 of 412115"):
        verify_receipt(replace(REKOR_RECEIPT, index=412113), origin=REKOR_ORIGIN, log_public_key=REKOR_PUBLIC)


def test_a_public_checkpoint_with_a_cosignature_verifies():
    checkpoint = verify_checkpoint(REKOR_COSIGNED_CHECKPOINT, origin=REKOR_ORIGIN, public_key=REKOR_PUBLIC)
    assert checkpoint.size == 139911860
