"""Rows of nobody: what fills a view up to the count that every view of a member has.

Layer: crypto. A dummy has a block token that nobody else has and bits as random as a real row's, so nothing
but the member that drew it can tell them apart. Draws come from the operating system.
"""

import secrets

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.encoder import Encodings
from crypto.encoding.fixed_weight import DIGEST_BYTES, TokenLists, encode_rows
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.view_schema import ViewsSpec
from crypto.encoding.views import BLOCK_TOKEN_BYTES, place_segments
from crypto.encoding.wide import count_sparse_bits, derive_positions, diffuse, get_wide

TOKENS_OF_A_DUMMY = 8  # any number will do: weights are fixed


def generate_dummy_rows(
    schema: LinkageSchema, view: int, count: int, *, secret: bytes
) -> tuple[NDArray[np.uint8], Encodings]:
    """Return block tokens and encodings of so many rows of nobody.

    Args:
        schema: The agreed linkage schema, with views.
        view: Position of the view in the schema's layout.
        count: How many rows.
        secret: The round key: the wide view's dummies are diffused as its people are.

    Raises:
        InputError: The schema has no such view.
    """
    if schema.views is not None and view < len(schema.views.salted):
        return _draw_bytes(count, BLOCK_TOKEN_BYTES), _draw_salted(schema.views, count)
    chosen = derive_positions(secret, schema.clk_length_bits, get_wide(schema).diffusion)
    sparse = _draw_sparse(count, count_sparse_bits(schema), bits=schema.clk_length_bits)
    return np.empty((count, 0), dtype=np.uint8), np.packbits(diffuse(sparse, chosen), axis=1)


def _draw_salted(spec: ViewsSpec, count: int) -> Encodings:
    """Encode tokens that no person has, under a key and block secrets that are thrown away."""
    everyone = np.arange(count, dtype=np.int64)
    lists = [_draw_tokens() for _ in spec.comparisons]
    return encode_rows(
        [
            TokenLists(found.digests, found.ids, found.starts, np.zeros(count, dtype=np.int64))
            for found in lists
        ],
        place_segments(spec),
        records=everyone,
        secrets=_draw_bytes(count, DIGEST_BYTES),
        key=secrets.token_bytes(DIGEST_BYTES),
    )


def _draw_tokens() -> TokenLists:
    digests = _draw_bytes(TOKENS_OF_A_DUMMY, DIGEST_BYTES)
    ids = np.arange(TOKENS_OF_A_DUMMY, dtype=np.int64)
    return TokenLists(
        digests, ids, np.array([0, TOKENS_OF_A_DUMMY], dtype=np.int64), np.zeros(0, dtype=np.int64)
    )


def _draw_sparse(count: int, draws: int, *, bits: int) -> NDArray[np.uint8]:
    drawn = np.frombuffer(secrets.token_bytes(2 * count * draws), dtype=np.uint16).reshape(count, draws)
    rows = np.zeros((count, bits), dtype=np.uint8)
    rows[np.arange(count)[:, None], drawn % bits] = 1
    return rows


def _draw_bytes(count: int, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(secrets.token_bytes(count * width), dtype=np.uint8).reshape(count, width)
