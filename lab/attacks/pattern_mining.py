"""Pattern mining: bits that are set together in many rows are a frequent n-gram.

Layer: lab. Pure numpy. Patterns are grown from every bit position at once: among the rows in which all
positions of a pattern are set, the position that is set there most surprisingly often joins it, until none
is set in nearly all of them. What is left is a maximal pattern, and its rows are those with one n-gram, or
with n-grams that go together. :mod:`lab.attacks.pattern_alignment` says which n-grams they are, and a row is
whoever has them.

Source: Christen, Vidanage, Ranbaduge and Schnell (2018), Pattern-mining based cryptanalysis of Bloom filters
for privacy-preserving record linkage. The paper aligns one pattern after the other within partitions of the
rows; here co-occurrence does the same for all at once.
"""

import numpy as np

from crypto.encoding.schema import LinkageSchema
from lab.attacks.ngrams import find_ngrams, find_schema
from lab.attacks.observation import (
    NOBODY,
    Flags,
    Floats,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_bits,
    name_nobody,
)
from lab.attacks.pattern_alignment import pair_by_patterns

LEAST_SHARE, MOST_SHARE = 0.01, 0.6  # of rows that a pattern or n-gram is in: rarer ones are too many
FEWEST_BITS, MOST_BITS = 5, 40  # a pattern of fewer is chance where half of all bits are set
NEARLY_ALL = 0.97
SAME = 0.9  # overlap of rows over which two patterns, or two n-grams, are one
FEWEST_PATTERNS = 10


def mine_patterns(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row of views in which enough patterns are found.

    Views with blocks are passed over: a pattern holds under one key. So are schemes that do not say what
    they encode.
    """
    nobody = name_nobody(observation)
    schema = find_schema(knowledge.scheme)
    if schema is None:
        return nobody
    return tuple(
        _match_view(view, knowledge, index, schema=schema)
        if view.encodings is not None and view.blocks is None
        else nobody[index]
        for index, view in enumerate(observation.views)
    )


def find_patterns(bits: Floats) -> Flags:
    """Return in which rows each maximal frequent pattern is, shape (rows, patterns), the most frequent first.

    Args:
        bits: Encodings as 0.0 and 1.0, shape (rows, bits).
    """
    members = np.eye(bits.shape[1], dtype=np.bool_)
    rows = bits.copy()  # column by column: where every position of the pattern grown from it is set
    base = bits.mean(axis=0)[:, None]
    spread = np.sqrt(np.maximum(base * (1 - base), 1e-6))
    growing = np.arange(bits.shape[1])
    for length in range(1, MOST_BITS):
        share = bits.T @ rows[:, growing] / np.maximum(rows[:, growing].sum(axis=0), 1)
        surprise = (share - base) / spread
        excluded = share < NEARLY_ALL if length >= FEWEST_BITS else False
        surprise[members[:, growing] | excluded] = -np.inf
        joining = surprise.argmax(axis=0)
        grows = np.isfinite(surprise[joining, np.arange(len(growing))])
        growing, joining = growing[grows], joining[grows]
        members[joining, growing] = True
        rows[:, growing] *= bits[:, joining]
    return keep_distinct(rows[:, members.sum(axis=0) > FEWEST_BITS])


def _match_view(view: View, knowledge: Knowledge, index: int, *, schema: LinkageSchema) -> Ints:
    _, person = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))[index]
    people = [knowledge.people[number] for number in person.tolist()]
    patterns = find_patterns(get_bits(view))
    ngrams = keep_distinct(np.hstack([field.present for field in find_ngrams(people, schema)]))
    if min(patterns.shape[1], ngrams.shape[1]) < FEWEST_PATTERNS:
        return np.full(view.rows, NOBODY, dtype=np.int64)
    pairing = pair_by_patterns(patterns, ngrams, rng=np.random.default_rng([knowledge.seed, index]))
    if pairing is None:
        return np.full(view.rows, NOBODY, dtype=np.int64)
    return person[pairing.nearest]


def keep_distinct(rows: Floats) -> Flags:
    """Return columns of allowed frequency, the most frequent first, without repetitions.

    Args:
        rows: 1.0 where a row has a pattern or an n-gram, shape (rows, columns).
    """
    share = rows.mean(axis=0)
    kept = np.flatnonzero((share >= LEAST_SHARE) & (share <= MOST_SHARE))
    ordered = rows[:, kept[np.argsort(-share[kept], kind="stable")]]
    both = ordered.T @ ordered
    alone = np.diag(both)
    overlap = both / np.maximum(alone[:, None] + alone - both, 1)
    repeats = np.triu(overlap >= SAME, 1)
    distinct: list[int] = []
    for column in range(ordered.shape[1]):
        if not repeats[distinct, column].any():
            distinct.append(column)
    return ordered[:, distinct] > 0
