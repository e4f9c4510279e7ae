"""The schemes that the lab attacks: plain encodings, published hardenings, salted views, block tokens.

Layer: lab. Pure. Each is a :class:`~lab.attacks.observation.Scheme`; a product schema with views becomes
one more entry of :data:`SCHEMES`. Only `plain` is what members use today; the rest is measured to know
what it would buy.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.encoder import Encodings, encode_people
from crypto.encoding.schema import FEDERATION_FIELDS, LinkageSchema, load_built_in_schema, parse_schema
from crypto.encoding.views import encode_views
from crypto.errors import InputError
from lab.attacks.hardening import (
    Hardening,
    apply_rule_90,
    balance,
    fold_by_xor,
    keep_plain,
    make_diffusion,
    make_randomised_response,
    resample,
)
from lab.attacks.observation import Ints, Person, Scheme, View
from lab.attacks.salts import COARSE_SALTS, DOB_SALT, NEAR_UNIQUE_SALTS, Salt

BLOCK_NUMBER_BYTES = 7  # of a keyed token: what a signed 64-bit number holds
SPARSE_BITS_PER_FIELD = 55  # the sparse filters that published diffusion is safe with have 50 to 60


@dataclass(frozen=True, slots=True)
class HardenedScheme:
    """Plain encodings under one key, then a hardening.

    Attributes:
        name: Short name.
        harden: What is done to the bits.
        schema: The linkage schema of the encodings.
    """

    name: str
    harden: Hardening
    schema: LinkageSchema

    @property
    def is_tied(self) -> bool:
        """One view: every record is one row."""
        return True

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        """Return the one view."""
        bits = np.unpackbits(encode_people(people, self.schema, secret=secret), axis=1)
        seed = int.from_bytes(_derive(secret, "hardening"))
        hardened = np.packbits(self.harden(bits, np.random.default_rng(seed)), axis=1)
        return ((View(self.name, hardened, None), np.arange(len(people))),)


@dataclass(frozen=True, slots=True)
class SaltedScheme:
    """Views whose block tokens, and whose encodings if there are any, are keyed by a salt.

    Attributes:
        name: Short name.
        salts: Salt of each view by name.
        schema: The linkage schema, or None for block tokens alone.
        is_tied: Whether rows of one record are tied.
        shows_blocks: Whether rows come with the token of their block.
    """

    name: str
    salts: tuple[Salt, ...]
    schema: LinkageSchema | None
    is_tied: bool
    shows_blocks: bool = True

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        """Return each view with the people that have its salt."""
        return tuple(self._encode_view(salt, people, secret) for salt in self.salts)

    def _encode_view(self, salt: Salt, people: Sequence[Person], secret: bytes) -> tuple[View, Ints]:
        values = [salt.get_value(person) for person in people]
        present = np.array([index for index, value in enumerate(values) if value], dtype=np.int64)
        distinct, numbers = np.unique([values[index] for index in present], return_inverse=True)
        tokens = [_derive(secret, f"{salt.name}/{value}") for value in distinct.tolist()]
        # Of the digest alone: who has the secret gets the same number from any other people.
        names = np.array([int.from_bytes(token[:BLOCK_NUMBER_BYTES]) for token in tokens], dtype=np.int64)
        blocks = names[numbers] if tokens else np.empty(0, dtype=np.int64)
        encodings = self._encode_blocks(people, present, tokens=tokens, numbers=numbers)
        return View(salt.name, encodings, blocks if self.shows_blocks else None), present

    def _encode_blocks(
        self, people: Sequence[Person], present: Ints, *, tokens: Sequence[bytes], numbers: Ints
    ) -> Encodings | None:
        if self.schema is None:
            return None
        rows = np.empty((len(present), self.schema.clk_length_bits // 8), dtype=np.uint8)
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(len(tokens) + 1))
        for token, start, end in zip(tokens, bounds[:-1], bounds[1:], strict=True):
            members = order[start:end]
            block = [people[index] for index in present[members]]
            rows[members] = encode_people(block, self.schema, secret=token)
        return rows


@dataclass(frozen=True, slots=True)
class ProductScheme:
    """A linkage schema as members submit it, without the dummies among their rows.

    Attributes:
        name: Short name.
        schema: The linkage schema.
    """

    name: str
    schema: LinkageSchema

    @property
    def is_tied(self) -> bool:
        """Views are submitted on their own; a schema of one view has nothing to tie."""
        return len(self.schema.layout) == 1

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        """Return each view with the people that have its salt."""
        return tuple(
            (View(rows.name, rows.encodings, number_blocks(rows.blocks)), rows.records.astype(np.int64))
            for rows in encode_views(people, self.schema, secret=secret)
        )


def number_blocks(tokens: NDArray[np.uint8]) -> Ints | None:
    """Return a number for each block token, the same wherever the token is the same; None without tokens.

    Args:
        tokens: Shape (rows, bytes), or (rows, 0).
    """
    if not tokens.shape[1]:
        return None
    numbers: Ints = np.zeros(len(tokens), dtype=np.int64)
    for place in range(BLOCK_NUMBER_BYTES):
        numbers = numbers << 8 | tokens[:, place]
    return numbers


def get_scheme(name: str) -> Scheme:
    """Return a scheme by its name.

    Raises:
        InputError: There is none of that name.
    """
    if name not in SCHEMES:
        raise InputError(f"SCHEME: expected one of {', '.join(SCHEMES)}, got {name}")
    return SCHEMES[name]()


def _derive(secret: bytes, label: str) -> bytes:
    return hmac.digest(secret, label.encode(), hashlib.sha256)


def _get_plain_schema() -> LinkageSchema:
    return load_built_in_schema("plain").subset(FEDERATION_FIELDS)


def _get_sparse_schema() -> LinkageSchema:
    body = _get_plain_schema().body
    for feature in body["features"]:
        feature["hashing"]["strategy"] = {"bitsPerFeature": SPARSE_BITS_PER_FIELD}
    return parse_schema(body)


def _harden(name: str, harden: Hardening) -> Callable[[], Scheme]:
    return lambda: HardenedScheme(name, harden, _get_plain_schema())


def _ship(name: str) -> Callable[[], Scheme]:
    return lambda: ProductScheme(name, load_built_in_schema(name))


def _salt(name: str, *salts: Salt) -> Callable[[], Scheme]:
    return lambda: SaltedScheme(name, salts, _get_plain_schema(), is_tied=False)


def _tokens(name: str, *salts: Salt, is_tied: bool) -> Callable[[], Scheme]:
    return lambda: SaltedScheme(name, salts, None, is_tied=is_tied)


SCHEMES: dict[str, Callable[[], Scheme]] = {
    "plain": _harden("plain", keep_plain),
    "uk-police": _ship("uk-police"),
    "uk-police-wide": _ship("uk-police-wide"),
    "xor-fold": _harden("xor-fold", fold_by_xor),
    "blip": _harden("blip", make_randomised_response(0.4)),
    "balanced": _harden("balanced", balance),
    "rule-90": _harden("rule-90", apply_rule_90),
    "resampled": _harden("resampled", resample),
    "diffusion-5": _harden("diffusion-5", make_diffusion(5)),
    "sparse-diffusion-10": lambda: HardenedScheme(
        "sparse-diffusion-10", make_diffusion(10), _get_sparse_schema()
    ),
    "salted-dob": lambda: SaltedScheme(
        "salted-dob", (DOB_SALT,), _get_plain_schema(), is_tied=False, shows_blocks=False
    ),
    "coarse-views": _salt("coarse-views", *COARSE_SALTS),
    "token-coarse-one": _tokens("token-coarse-one", COARSE_SALTS[1], is_tied=False),
    "tokens-coarse-untied": _tokens("tokens-coarse-untied", *COARSE_SALTS, is_tied=False),
    "tokens-coarse-tied": _tokens("tokens-coarse-tied", *COARSE_SALTS, is_tied=True),
    "tokens-near-unique": _tokens("tokens-near-unique", *NEAR_UNIQUE_SALTS, is_tied=False),
    "tokens-near-unique-tied": _tokens("tokens-near-unique-tied", *NEAR_UNIQUE_SALTS, is_tied=True),
}
"""Name to scheme; made when asked for, because schemas are parsed."""

DEFAULT_SCHEMES = (
    "plain",
    "uk-police",
    "uk-police-wide",
    "xor-fold",
    "blip",
    "diffusion-5",
    "sparse-diffusion-10",
    "salted-dob",
    "coarse-views",
    "token-coarse-one",
    "tokens-coarse-untied",
    "tokens-coarse-tied",
    "tokens-near-unique",
    "tokens-near-unique-tied",
)
"""What is attacked unless other schemes are named."""
