"""What a coordinator really held in a round, and who is behind it, from homes that were kept.

Layer: lab. The one place that knows how a coordinator and its members store a round. A round's encodings are
erased when it closes, so the homes are copies that ``clew-lab hold-round`` took while one was open: the
coordinator's is all that the attacker sees, the nodes' and the lab's own files are the truth.

The population list has people's true values, and records were written with errors: unlike the scenarios that
:mod:`lab.attacks.scenario` draws this is no worst case but a real one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coordinator.config import CoordinatorHome
from coordinator.rounds import Round
from coordinator.segments import SegmentDirectory
from coordinator.store import tables as coordinator_tables
from coordinator.store.rounds import RoundStore
from crypto.encoding.schema import get_federation_schema
from crypto.errors import InputError
from lab.attacks.observation import NOBODY, Flags, Ints, Knowledge, Observation, Person, Truth, View
from lab.attacks.people import read_true_values
from lab.attacks.scenario import Scenario, Setting, list_anchors
from lab.attacks.schemes import get_scheme
from node.home import NodeHome
from node.persons import find_persons, index_persons
from node.store.store import open_store
from protos.hosting.database import open_database, require_database

SCHEME = "plain"  # the only one that members submit so far
BYTE_BITS = 8


@dataclass(frozen=True, slots=True, eq=False)
class HeldRound:
    """A round as its coordinator held it, with the truth beside it.

    Attributes:
        observation: Every row of every member.
        records: For each view the record of each row, NOBODY for one that stands for no one.
        person: The person of each record, shape (records,).
        resolved: Whether the coordinator had put the record into a cluster, shape (records,).
        people: A list's values of each person.
        members: How many members submitted.
    """

    observation: Observation
    records: tuple[Ints, ...]
    person: Ints
    resolved: Flags
    people: Sequence[Person]
    members: int

    @property
    def name(self) -> str:
        """What it is called among schemes."""
        return f"held round, {SCHEME}"


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who is behind a token: names of record and person, and a list's values of the person."""

    record: str
    person: str
    values: Person


def load_held_round(folder: Path) -> HeldRound:
    """Read the homes that ``clew-lab hold-round`` kept.

    Raises:
        InputError: The folder holds no round that is open, or one under another schema.
        StorageError: A database is missing or unusable.
    """
    home = CoordinatorHome(folder / "coordinator")
    engine = open_database(require_database(home.database), coordinator_tables.metadata)
    store = RoundStore(engine)
    current = store.find_latest()
    if current is None or current.is_over:
        raise InputError(f"--round {folder}: expected a round that is open, from clew-lab hold-round")
    clustered = {record.token for record in store.list_cluster_records(current.round_id)}
    engine.dispose()
    if current.schema_digest != get_federation_schema().digest:
        raise InputError(f"--round {folder}: expected a round under schema {SCHEME}, got another")
    owners = dict(_list_owners(folder, current))
    record_number = _number(owner.record for owner in owners.values())
    people = {owner.person: owner.values for owner in owners.values()}
    person_number = _number(people)
    rows = _read_views(home.segments, current)
    person, resolved = (
        np.empty(len(record_number), dtype=np.int64),
        np.zeros(len(record_number), dtype=np.bool_),
    )
    for token, owner in owners.items():
        person[record_number[owner.record]] = person_number[owner.person]
        resolved[record_number[owner.record]] |= token in clustered
    return HeldRound(
        observation=Observation(tuple(view for view, _ in rows), None),
        records=tuple(
            np.array([record_number[owners[token].record] if token in owners else NOBODY for token in tokens])
            for _, tokens in rows
        ),
        person=person,
        resolved=resolved,
        people=list(people.values()),
        members=len(current.participants),
    )


def draw_held_scenario(held: HeldRound, strangers: Sequence[Person], setting: Setting) -> Scenario:
    """Return an attack on a held round: the list covers a share of its people, the rest are strangers.

    Args:
        held: What the coordinator holds.
        strangers: People whom no member holds, at least as many as the list leaves out.
        setting: Coverage, known records and seed.

    Raises:
        InputError: Too few strangers or listed records.
    """
    rng = np.random.default_rng(setting.seed)
    covered = round(len(held.people) * setting.coverage)
    if len(strangers) < len(held.people) - covered:
        raise InputError(f"expected {len(held.people) - covered:,} strangers, got {len(strangers):,}")
    chosen = rng.permutation(len(held.people))[:covered]
    entries = [held.people[index] for index in chosen]
    entries += [strangers[index] for index in range(len(held.people) - covered)]
    order = rng.permutation(len(entries))
    place = np.full(len(held.people), NOBODY, dtype=np.int64)
    place[chosen] = np.argsort(order)[:covered]
    listed = place[held.person]
    known = np.zeros(len(listed), dtype=np.bool_)
    known[rng.permutation(np.flatnonzero(listed != NOBODY))[: setting.anchors]] = True
    if int(known.sum()) < setting.anchors:
        raise InputError(f"anchors: expected at most {int(known.sum()):,} listed, got {setting.anchors:,}")
    knowledge = Knowledge(
        scheme=get_scheme(SCHEME),
        people=[entries[index] for index in order],
        anchors=tuple(list_anchors(record, listed, known) for record in held.records),
        seed=int(rng.integers(2**31)),
    )
    return Scenario(setting, held.observation, knowledge, Truth(held.records, listed, known, held.resolved))


def _number(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _read_views(root: Path, current: Round) -> list[tuple[View, list[bytes]]]:
    """Return each view's rows of all members, and the token of each row."""
    directory = SegmentDirectory(root)
    encoding_bytes = get_federation_schema().clk_length_bits // BYTE_BITS
    parts = [current.members[name] for name in current.participants]
    segments = [
        directory.get_segment(current.round_id, part.content_digest, part.records, encoding_bytes)
        for part in parts
    ]
    encodings = np.concatenate([segment.map_encodings() for segment in segments])
    return [(View(SCHEME, encodings, None), [token for each in segments for token in each.read_tokens()])]


def _list_owners(folder: Path, current: Round) -> Iterator[tuple[bytes, _Owner]]:
    """Yield each token with who is behind it, from the nodes' own stores and the lab's truth."""
    truth = pd.read_csv(folder / "lab" / "people.csv", dtype=str, keep_default_na=False)
    true = {(row["member"], row["nominal_id"]): row for row in truth.to_dict("records")}
    for member in current.participants:
        with open_store(require_database(NodeHome(folder / "nodes" / member).database_path)) as store:
            persons = index_persons(find_persons(store.records.load_records().nominals))
            for record in store.rounds.load_round_records(current.round_id):
                name = f"{member}/{record.nominal_ids[0]}"
                row = next((true[member, one] for one in record.nominal_ids if (member, one) in true), None)
                # The planted people of stories are in no population: they are listed as recorded.
                owner = (
                    _Owner(name, name, persons[record.nominal_ids[0]].encoding_fields)
                    if row is None
                    else _Owner(name, str(row["ent_id"]), read_true_values(row))
                )
                yield record.token, owner
