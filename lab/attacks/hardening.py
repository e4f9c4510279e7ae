"""Hardenings that the literature proposes for plain encodings, to be attacked.

Layer: lab. Pure functions from bits to bits, measured and never used by members. Where a hardening draws
positions, they come from a generator seeded by the members' secret: the attacker knows the method and
not the draw.
"""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
"""Zeros and ones, shape (records, bits)."""
Hardening = Callable[[Bits, np.random.Generator], Bits]


def fold_by_xor(bits: Bits, rng: np.random.Generator) -> Bits:
    """Return the exclusive or of both halves, half as long.

    Source: Schnell and Borgs (2016), XOR-folding for Bloom filter-based encryptions.
    """
    del rng
    half = bits.shape[1] // 2
    folded: Bits = bits[:, :half] ^ bits[:, half:]
    return folded


def apply_rule_90(bits: Bits, rng: np.random.Generator) -> Bits:
    """Return each bit as the exclusive or of its two neighbours in a ring.

    Source: Schnell and Borgs (2018), Hardening encrypted patient names using cellular automata.
    """
    del rng
    mixed: Bits = np.roll(bits, 1, axis=1) ^ np.roll(bits, -1, axis=1)
    return mixed


def resample(bits: Bits, rng: np.random.Generator) -> Bits:
    """Return each bit as the exclusive or of two secret positions drawn with replacement.

    Source: as evaluated by Franke, Rohde, Christen and Rahm (2021), Evaluation of hardening techniques.
    """
    first, second = rng.integers(bits.shape[1], size=(2, bits.shape[1]))
    mixed: Bits = bits[:, first] ^ bits[:, second]
    return mixed


def balance(bits: Bits, rng: np.random.Generator) -> Bits:
    """Return the bits with their complement appended, secretly permuted: every row has one weight.

    Source: Schnell and Borgs (2016), Randomized response and balanced Bloom filters.
    """
    both: Bits = np.concatenate([bits, 1 - bits], axis=1)
    return both[:, rng.permutation(both.shape[1])]


def make_randomised_response(f: float) -> Hardening:
    """Return BLIP: every bit is replaced by a fair coin with probability `f`.

    Source: Alaggan, Gambs and Kermarrec (2012), BLIP: non-interactive differentially-private similarity
    computation on Bloom filters.
    """

    def randomise(bits: Bits, rng: np.random.Generator) -> Bits:
        # Two members' noise must differ although both draw with one secret: it follows the data.
        own = np.random.default_rng([int(rng.integers(2**63)), *hashlib.sha256(bits.tobytes()).digest()])
        coins = own.integers(2, size=bits.shape, dtype=np.uint8)
        randomised: Bits = np.where(own.random(bits.shape, dtype=np.float32) < f, coins, bits)
        return randomised

    return randomise


def make_diffusion(t: int) -> Hardening:
    """Return diffusion: every bit is the exclusive or of `t` secret positions.

    Source: Armknecht, Heng and Schnell (2023), Strengthening privacy-preserving record linkage using
    diffusion.
    """

    def diffuse(bits: Bits, rng: np.random.Generator) -> Bits:
        width = bits.shape[1]
        chosen = np.array([rng.choice(width, t, replace=False) for _ in range(width)])
        mixed = bits[:, chosen[:, 0]].copy()
        for step in range(1, t):
            mixed ^= bits[:, chosen[:, step]]
        return mixed

    return diffuse


def keep_plain(bits: Bits, rng: np.random.Generator) -> Bits:
    """Return the bits as they are."""
    del rng
    return bits
