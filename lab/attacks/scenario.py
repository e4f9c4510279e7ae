"""Draw what one attack is run on: the held records, the attacker's list, and what it knows already.

Layer: lab. Pure over a pool of people. The list has as many people as there are records; those that
coverage leaves out are replaced by strangers, because a real list holds people whom members do not, and
the attacker cannot tell which.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crypto.errors import InputError
from lab.attacks.observation import (
    NOBODY,
    Flags,
    Ints,
    Knowledge,
    Observation,
    Person,
    Scheme,
    Truth,
    View,
)

LEAST_RECORDS = 50  # under it a share says nothing


@dataclass(frozen=True, slots=True)
class Setting:
    """What is varied between runs.

    Attributes:
        records: Records held.
        coverage: Share of them whose people are on the attacker's list, above 0 and at most 1.
        anchors: Records whose people the attacker knows beforehand.
        seed: Of everything drawn.
    """

    records: int
    coverage: float
    anchors: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One drawn setting: what the attacker has, and the truth."""

    setting: Setting
    observation: Observation
    knowledge: Knowledge
    truth: Truth


def draw_scenario(
    pool: Sequence[Person], scheme: Scheme, setting: Setting, *, leak_secret: bool = False
) -> Scenario:
    """Return a scenario over people of a pool, the same for the same arguments.

    Args:
        pool: Different people in any order; twice as many as records unless coverage is full.
        scheme: How the records are encoded.
        setting: Sizes and seed.
        leak_secret: Whether the attacker has the members' secret too.

    Raises:
        InputError: Too few people or records, or a coverage out of range.
    """
    covered = count_covered(len(pool), setting)
    rng = np.random.default_rng(setting.seed)
    order = rng.permutation(len(pool))
    held, strangers = order[: setting.records], order[setting.records :][: setting.records - covered]
    on_list = rng.permutation(np.concatenate([rng.permutation(held)[:covered], strangers]))
    place = np.full(len(pool), NOBODY, dtype=np.int64)
    place[on_list] = np.arange(len(on_list))
    secret = rng.bytes(32)
    observation, records = observe(scheme, [pool[index] for index in held], secret=secret, rng=rng)
    known = _draw_known(place[held], setting.anchors, rng)
    knowledge = Knowledge(
        scheme=scheme,
        people=[pool[index] for index in on_list],
        anchors=tuple(list_anchors(view, place[held], known) for view in records),
        seed=int(rng.integers(2**31)),
        leaked_secret=secret if leak_secret else None,
    )
    resolved = np.zeros(setting.records, dtype=np.bool_)
    return Scenario(setting, observation, knowledge, Truth(records, place[held], known, resolved))


def count_covered(people: int, setting: Setting) -> int:
    """Return how many of the held records are on the attacker's list.

    Args:
        people: How many there are to draw from.
        setting: What is to be drawn.

    Raises:
        InputError: Too few people or records, or a coverage or a number of known records out of range.
    """
    if not 0 < setting.coverage <= 1:
        raise InputError(f"coverage: expected a share above 0 and at most 1, got {setting.coverage}")
    if setting.records < LEAST_RECORDS:
        raise InputError(f"records: expected at least {LEAST_RECORDS}, got {setting.records}")
    covered = round(setting.records * setting.coverage)
    needed = 2 * setting.records - covered
    if people < needed:
        raise InputError(
            f"expected at least {needed:,} people ({setting.records:,} held, the others strangers on the "
            f"list), got {people:,}; lower --records or give a larger table"
        )
    if not 0 <= setting.anchors <= covered:
        raise InputError(f"anchors: expected 0 to the {covered:,} listed records, got {setting.anchors:,}")
    return covered


def observe(
    scheme: Scheme, people: Sequence[Person], *, secret: bytes, rng: np.random.Generator
) -> tuple[Observation, tuple[Ints, ...]]:
    """Return what a coordinator would hold of these people, and the record behind each row.

    Rows of every view are shuffled on their own, as members do.
    """
    views: list[View] = []
    records: list[Ints] = []
    for view, person in scheme.encode(people, secret):
        order = rng.permutation(len(person))
        views.append(view.take(order))
        records.append(person[order])
    ties = _tie(records, len(people), rng) if scheme.is_tied else None
    return Observation(tuple(views), ties), tuple(records)


def _tie(records: Sequence[Ints], people: int, rng: np.random.Generator) -> Ints:
    ties = np.full((people, len(records)), NOBODY, dtype=np.int64)
    for column, record in enumerate(records):
        ties[record, column] = np.arange(len(record))
    return rng.permutation(ties)


def _draw_known(listed: Ints, anchors: int, rng: np.random.Generator) -> Flags:
    known = np.zeros(len(listed), dtype=np.bool_)
    known[rng.permutation(np.flatnonzero(listed != NOBODY))[:anchors]] = True
    return known


def list_anchors(record: Ints, listed: Ints, known: Flags) -> Ints:
    """Return (row, person of the list) of a view's rows whose records are known, shape (known, 2).

    Args:
        record: Record of each row, NOBODY for padding.
        listed: Person of the list behind each record.
        known: Whether the attacker knows the record.
    """
    rows = np.flatnonzero((record != NOBODY) & known[record])
    return np.stack([rows, listed[record[rows]]], axis=1).astype(np.int64)
