"""The wide view: a sparse encoding of the whole record, diffused, compared with every other.

Layer: crypto. It finds people whom no salted view does, and costs privacy (docs/privacy.md): all rows share
one key. Each bit is the exclusive or of `t` secret positions of a sparse CLK, which hides which n-gram set
it.

Source: Armknecht, Heng and Schnell (2023), Strengthening privacy-preserving record linkage using diffusion.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from crypto.canonical import canonical_bytes
from crypto.encoding.encoder import Encodings, encode_people
from crypto.encoding.schema import LinkageSchema, parse_schema
from crypto.encoding.view_schema import WideView
from crypto.errors import InputError

ROWS_AT_ONCE = 16_384
KEY_BYTES = 16

Bits = NDArray[np.uint8]
"""Zeros and ones, shape (rows, bits)."""
Positions = NDArray[np.int64]


def get_wide(schema: LinkageSchema) -> WideView:
    """Return the schema's wide view.

    Raises:
        InputError: It has none.
    """
    if schema.views is None or schema.views.wide is None:
        raise InputError("linkage schema $.views.wide: expected a wide view, got none")
    return schema.views.wide


def encode_wide(people: Sequence[Mapping[str, str]], schema: LinkageSchema, *, secret: bytes) -> Encodings:
    """Return the wide rows of people, shape (people, bits / 8); the schema has a wide view."""
    wide = get_wide(schema)
    sparse = encode_people(people, make_sparse_schema(schema), secret=_derive(secret, "sparse"))
    chosen = derive_positions(secret, schema.clk_length_bits, wide.diffusion)
    rows = np.empty_like(sparse)
    for start in range(0, len(sparse), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        rows[part] = np.packbits(diffuse(np.unpackbits(sparse[part], axis=1), chosen), axis=1)
    return rows


def make_sparse_schema(schema: LinkageSchema) -> LinkageSchema:
    """Return the compatibility schema of the sparse CLK: the same fields, each with its share of few bits.

    Fields keep the proportions of their `bitsPerFeature`; on average they set the wide view's bits per field.
    """
    body = schema.body
    body.pop("views")
    strategies = [f["hashing"]["strategy"] for f in body["features"] if not f.get("ignored")]
    scale = count_sparse_bits(schema) / sum(strategy["bitsPerFeature"] for strategy in strategies)
    for strategy in strategies:
        strategy["bitsPerFeature"] = max(1, round(strategy["bitsPerFeature"] * scale))
    return parse_schema(body)


def count_sparse_bits(schema: LinkageSchema) -> int:
    """Return how many bits the fields of a complete record draw for the sparse CLK, repeats included."""
    return get_wide(schema).bits_per_field * len(schema.encoded_fields)


def derive_positions(secret: bytes, bits: int, t: int) -> Positions:
    """Return the `t` different positions that make each bit, shape (bits, t), from the round key."""
    cipher = Cipher(algorithms.AES128(_derive(secret, "diffusion")[:KEY_BYTES]), modes.CTR(bytes(KEY_BYTES)))
    stream = cipher.encryptor()
    chosen = np.empty((bits, t), dtype=np.int64)
    for row in chosen:
        found: dict[int, None] = {}
        while len(found) < t:
            # `bits` is a power of two, so the remainder favours no position.
            found[int.from_bytes(stream.update(bytes(2))) % bits] = None
        row[:] = list(found)
    return chosen


def diffuse(bits: Bits, chosen: Positions) -> Bits:
    """Return each bit as the exclusive or of its chosen positions."""
    mixed = bits[:, chosen[:, 0]].copy()
    for column in chosen.T[1:]:
        mixed ^= bits[:, column]
    return mixed


def _derive(secret: bytes, purpose: str) -> bytes:
    label = canonical_bytes({"label": "clew/wide/v1", "purpose": purpose})
    return HKDF(SHA256(), 32, salt=None, info=label).derive(secret)
