"""How similar two people's encodings are on average over all keys, from their plain values.

Layer: lab. Pure numpy. A shadow encoding under one key tells it with the noise of that key's collisions,
and this noise is what makes known plaintext weak against hardened encodings. The mean over keys has none:
two plain filters agree as far as their n-grams do, which is plain counting, and a hardening that mixes bits
alike turns this agreement into a sum of powers of it (the exclusive or of two positions squares it, of five
takes the fifth power, random answers shrink it), whose weights are learnt from a few shadow encodings.

Source: Clew's own; agreement of two Bloom filters after Broder and Mitzenmacher (2004), Network applications
of Bloom filters.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from crypto.encoding.schema import LinkageSchema
from lab.attacks.ngrams import find_ngrams, find_schema
from lab.attacks.observation import Floats, Ints, Knowledge, Person

POWERS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12)  # ten positions mixed is the most that anyone proposed
SHADOWS = 4
NEAREST, RANDOM = 20, 20  # other people that each one is compared with: high powers show in close pairs only
RIDGE = 1e-9


def expect_similarity(knowledge: Knowledge, *, view: int, people: Ints) -> Floats | None:
    """Return mean products of centred signs of bits (+1 set, -1 not), shape (people, people).

    Args:
        knowledge: With the list and the scheme.
        view: Position of the encodings' view in the scheme.
        people: The people of the list that the view encodes.

    Returns:
        The similarities, or None where the scheme does not say what it encodes.
    """
    schema = find_schema(knowledge.scheme)
    if schema is None or len(people) < 2:
        return None
    plain = expect_plain([knowledge.people[index] for index in people.tolist()], schema)
    weights = _learn_weights(plain, knowledge, view)
    expected = np.zeros_like(plain)
    for power, weight in zip(POWERS, weights, strict=True):
        if weight > 0:
            expected += np.float32(weight) * plain**power
    np.fill_diagonal(expected, 1)
    mean = expected.mean(axis=0)
    expected -= mean
    expected -= mean[:, None] - mean.mean()
    return expected


def expect_plain(people: Sequence[Person], schema: LinkageSchema) -> Floats:
    """Return the mean product of signs of plain Bloom filters of each two people, -1 to 1."""
    shared = np.zeros((len(people), len(people)), dtype=np.float32)
    inserted = np.zeros(len(people), dtype=np.float32)
    for field in find_ngrams(people, schema):
        shared += (field.present @ field.present.T) * np.minimum(field.draws[:, None], field.draws)
        inserted += field.present.sum(axis=1) * field.draws
    unset = np.float32(np.log1p(-1 / schema.clk_length_bits))  # of one bit by one insertion, as a logarithm
    alone = np.exp(inserted * unset)
    both = np.exp((inserted[:, None] + inserted - shared) * unset)
    agreement: Floats = 1 - 2 * (alone[:, None] + alone - 2 * both)
    return agreement


def _learn_weights(plain: Floats, knowledge: Knowledge, view: int) -> list[float]:
    """Return the weight of each power; their sum is at most 1, so that the mean is a possible one."""
    rng = np.random.default_rng([knowledge.seed, view])
    size = len(plain)
    near = np.argpartition(plain, -min(NEAREST + 1, size), axis=1)[:, -(NEAREST + 1) :]
    others = np.hstack([near, rng.integers(size, size=(size, RANDOM))])
    rows = np.repeat(np.arange(size), others.shape[1])
    columns = others.ravel()
    apart = rows != columns
    rows, columns = rows[apart], columns[apart]
    agreement = plain[rows, columns].astype(np.float64)
    powers = np.stack([agreement**power for power in POWERS], axis=1)
    found = _sample(knowledge, view, rows=rows, columns=columns)
    solution, _ = nnls(powers.T @ powers + RIDGE * len(rows) * np.eye(len(POWERS)), powers.T @ found)
    weights: list[float] = (solution / max(1.0, float(solution.sum()))).tolist()
    return weights


def _sample(knowledge: Knowledge, view: int, *, rows: Ints, columns: Ints) -> Floats:
    """Return the mean product of signs of pairs of people in shadow encodings."""
    total = np.zeros(len(rows), dtype=np.float32)
    for number in range(SHADOWS):
        own, _ = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret(f"mean-{number}"))[view]
        packed = own.encodings
        if packed is None:
            continue
        differing = np.bitwise_count(packed[rows] ^ packed[columns]).sum(axis=1, dtype=np.int64)
        total += (1 - 2 * differing / (8 * packed.shape[1])) / SHADOWS
    return total
