"""Write planted values in every form in which they could leak.

Layer: lab. Threat answered: personal data in a store, log or message of the coordinator, not only in
clear but in the encodings that software applies without a thought (UTF-16, base64 inside JSON,
escapes), and as unsalted hashes, which a list of names undoes in seconds. Forms that are too short
to be told from chance, such as a date as a count of days, are left out: their absence proves nothing.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, quote_plus

from crypto.errors import InputError

SHORTEST_VALUE = 6  # bytes; shorter strings occur by chance in megabytes of base64 text
KINDS = ("NAME", "DATE", "POSTCODE")
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d%m%Y")
HASHES = ("sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted value that must never be found outside its own node.

    Attributes:
        label: What may be printed instead of the value, such as `penny.surname`.
        kind: NAME, DATE (value in ISO form) or POSTCODE.
        value: The planted value; never printed.
    """

    label: str
    kind: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Needle:
    """A byte string to look for, and what finding it means.

    Attributes:
        label: Label of the canary.
        encoding: Name of the form, such as `base64`.
        pattern: The bytes; never printed.
        needs_border: Digits alone, which hexadecimal text holds by chance: a hit with a hexadecimal
            digit on both sides does not count.
    """

    label: str
    encoding: str
    pattern: bytes = field(repr=False)
    needs_border: bool = False


def derive_needles(canaries: Sequence[Canary]) -> tuple[Needle, ...]:
    """Return every form of every canary, each byte string once for a canary.

    Raises:
        InputError: A value is too short to be distinctive, or its kind is not known.
    """
    found: dict[tuple[str, bytes], Needle] = {}
    for canary in canaries:
        for text in write_variants(canary):
            for encoding, pattern in encode_variants(text):
                bare = encoding in ("utf-8", "reversed") and text.isdigit()
                found.setdefault((canary.label, pattern), Needle(canary.label, encoding, pattern, bare))
    return tuple(found.values())


def write_variants(canary: Canary) -> tuple[str, ...]:
    """Return the ways in which people and programs write the value.

    Raises:
        InputError: The value is too short to be distinctive, or its kind is not known.
    """
    if canary.kind not in KINDS:
        raise InputError(f"canary {canary.label}: expected a kind of {', '.join(KINDS)}, got {canary.kind}")
    if canary.kind == "DATE":
        day = date.fromisoformat(canary.value)
        return tuple(day.strftime(written) for written in DATE_FORMATS)
    texts = [canary.value]
    if canary.kind == "POSTCODE":
        texts.append(canary.value.replace(" ", ""))
    if min(map(len, texts)) < SHORTEST_VALUE:
        raise InputError(
            f"canary {canary.label}: expected at least {SHORTEST_VALUE} characters, got fewer; "
            "choose a longer value or chance will find it"
        )
    cased = [case(text) for text in texts for case in (str, str.upper, str.lower, str.title)]
    return tuple(dict.fromkeys(cased))


def encode_variants(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of every encoding of one written value."""
    raw = text.encode()
    yield "utf-8", raw
    yield "utf-16le", text.encode("utf-16-le")
    yield "utf-16be", text.encode("utf-16-be")
    yield "reversed", raw[::-1]
    yield from (("hex", form) for form in _write_hex(raw))
    yield from (("base64", form) for form in _write_base64(raw))
    yield from (("url", form) for form in _write_url(text))
    yield from (("json", form) for form in _write_json(text))
    for name in HASHES:
        digest = hashlib.new(name, raw, usedforsecurity=False).digest()
        yield name, digest
        yield from ((f"{name}-hex", form) for form in _write_hex(digest))
        yield f"{name}-base64", base64.b64encode(digest).rstrip(b"=")
        yield f"{name}-base64", base64.urlsafe_b64encode(digest).rstrip(b"=")


def _write_hex(raw: bytes) -> Iterable[bytes]:
    lower = binascii.hexlify(raw)
    return lower, lower.upper()


def _write_base64(raw: bytes) -> Iterator[bytes]:
    """Yield the characters that depend on the value alone, for each place it can have in a triple."""
    encoders: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode)
    for encode in encoders:
        for before in range(3):
            first = -(-before * 8 // 6)
            whole = (before + len(raw)) * 8 // 6
            yield encode(bytes(before) + raw)[first:whole]


def _write_url(text: str) -> Iterator[bytes]:
    yield quote(text, safe="").encode()
    yield quote_plus(text).encode()
    for code in ("%{:02x}", "%{:02X}"):
        yield "".join(code.format(byte) for byte in text.encode()).encode()


def _write_json(text: str) -> Iterator[bytes]:
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text)[1:-1].replace("/", "\\/").encode()
    for code in ("\\u{:04x}", "\\u{:04X}"):
        yield "".join(code.format(ord(character)) for character in text).encode()
