"""What a coordinator really held in a round, and who is behind it, from homes that were kept.

Layer: lab. The one place that knows how a coordinator and its members store a round. A round's encodings are
erased when it closes, so the homes are copies that ``clew-lab hold-round`` took while one was open: the
coordinator's is all that the attacker sees, the nodes' and the lab's own files are the truth.

The population list has people's true values, and records were written with errors: unlike the scenarios that
:mod:`lab.attacks.scenario` draws this is no worst case but a real one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coordinator.config import CoordinatorHome
from coordinator.rounds import Round
from coordinator.segments import Segment, SegmentDirectory
from coordinator.store import tables as coordinator_tables
from coordinator.store.rounds import RoundStore
from crypto.encoding.schema import (
    BUILT_IN_SCHEMAS,
    FEDERATION_FIELDS,
    LinkageSchema,
    load_built_in_schema,
)
from crypto.errors import InputError
from crypto.keys import derive_map_key
from lab.attacks.observation import NOBODY, Flags, Ints, Knowledge, Observation, Person, Scheme, Truth, View
from lab.attacks.people import read_true_values
from lab.attacks.scenario import Scenario, Setting, list_anchors
from lab.attacks.schemes import ProductScheme, number_blocks
from node import persons as node_persons
from node.context import LocalNode, open_node
from node.home import NodeHome
from node.persons import find_persons, index_persons
from node.private_map import BatchMap, from_sections
from protos.hosting.database import open_database, require_database
from protos.messages import TOKEN_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class HeldRound:
    """A round as its coordinator held it, with the truth beside it.

    Attributes:
        scheme: The linkage schema that members submitted under.
        observation: Every row of every member; rows that members resolved to one record are tied.
        records: For each view the record of each row, NOBODY for a dummy's.
        person: The person of each record, shape (records,).
        resolved: Whether the coordinator could tell that rows are the record's: it was resolved, or is in
            a cluster where rows are records. Shape (records,).
        people: A list's values of each person.
        members: How many members submitted.
    """

    scheme: Scheme
    observation: Observation
    records: tuple[Ints, ...]
    person: Ints
    resolved: Flags
    people: Sequence[Person]
    members: int

    @property
    def name(self) -> str:
        """What it is called among schemes."""
        return f"held round, {self.scheme.name}"


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who is behind a row: names of record and person, and a list's values of the person."""

    record: str
    person: str
    values: Person


def load_held_round(folder: Path) -> HeldRound:
    """Read the homes that ``clew-lab hold-round`` kept.

    Raises:
        InputError: The folder holds no round that is open, or one under a schema that does not ship.
        StorageError: A database or file is missing or unusable.
    """
    home = CoordinatorHome(folder / "coordinator")
    engine = open_database(require_database(home.database), coordinator_tables.metadata)
    store = RoundStore(engine)
    current = store.find_latest()
    if current is None or current.is_over:
        raise InputError(f"--round {folder}: expected a round that is open, from clew-lab hold-round")
    schema, name = _find_schema(current.schema_digest)
    members = [
        SegmentDirectory(home.segments).list_segments(current, member, schema.layout)
        for member in current.participants
    ]
    tokens = [
        [token for own in members for segment in own for token in segment.read_tokens(view)]
        for view in range(len(schema.layout))
    ]
    ties, marked = _read_resolved(store, current, tokens)
    engine.dispose()
    owners = _list_owners(folder, current)
    records = _number(owner.record for owner in owners.values())
    people = {owner.person: owner.values for owner in owners.values()}
    persons = _number(people)
    person, resolved = np.empty(len(records), dtype=np.int64), np.zeros(len(records), dtype=np.bool_)
    for token, owner in owners.items():
        person[records[owner.record]] = persons[owner.person]
        resolved[records[owner.record]] |= token in marked
    return HeldRound(
        scheme=ProductScheme(name, schema),
        observation=Observation(tuple(_join_views(members, schema)), ties),
        records=tuple(
            np.array([records[owners[token].record] if token in owners else NOBODY for token in view])
            for view in tokens
        ),
        person=person,
        resolved=resolved,
        people=list(people.values()),
        members=len(members),
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
        scheme=held.scheme,
        people=[entries[index] for index in order],
        anchors=tuple(list_anchors(record, listed, known) for record in held.records),
        seed=int(rng.integers(2**31)),
    )
    return Scenario(setting, held.observation, knowledge, Truth(held.records, listed, known, held.resolved))


def _number(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _find_schema(digest: str) -> tuple[LinkageSchema, str]:
    for name in BUILT_IN_SCHEMAS:
        schema = load_built_in_schema(name).subset(FEDERATION_FIELDS)
        if schema.digest == digest:
            return schema, name
    raise InputError(f"--round: expected a round under {', '.join(BUILT_IN_SCHEMAS)}, got another schema")


def _join_views(members: Sequence[Sequence[Segment]], schema: LinkageSchema) -> Iterator[View]:
    segments = [segment for own in members for segment in own]
    for number, view in enumerate(schema.layout):
        encodings = np.concatenate([segment.map_encodings(number) for segment in segments])
        blocks = np.concatenate([segment.map_blocks(number) for segment in segments])
        yield View(view.name, encodings, number_blocks(blocks))


def _read_resolved(
    store: RoundStore, current: Round, tokens: Sequence[Sequence[bytes]]
) -> tuple[Ints | None, set[bytes]]:
    """Return the rows of each resolved record, and the tokens of all rows known to be of a record."""
    if len(tokens) == 1:
        return None, {record.token for record in store.list_cluster_records(current.round_id)}
    places = [{token: row for row, token in enumerate(view)} for view in tokens]
    ties: dict[bytes, list[int]] = {}
    marked: set[bytes] = set()
    for member in current.participants:
        for row in store.list_asked_rows(current.round_id, member):
            if row.record:
                tied = ties.setdefault(row.record, [NOBODY] * len(tokens))
                tied[row.view] = places[row.view][row.token]
                marked.add(row.token)
    # In the order of their tokens, which are random.
    return np.array([ties[token] for token in sorted(ties)], dtype=np.int64).reshape(-1, len(tokens)), marked


def _list_owners(folder: Path, current: Round) -> dict[bytes, _Owner]:
    """Return who is behind each row that is not a dummy's, from the nodes' own maps and the lab's truth."""
    truth = pd.read_csv(folder / "lab" / "people.csv", dtype=str, keep_default_na=False)
    true = {(row["member"], row["nominal_id"]): row for row in truth.to_dict("records")}
    owners: dict[bytes, _Owner] = {}
    for member in current.participants:
        with open_node(NodeHome(folder / "nodes" / member)) as node:
            persons = index_persons(find_persons(node.store.records.load_records().nominals))
            for batch in _load_maps(node, current):
                named = [_name_owner(member, ids, true, persons) for ids in batch.persons]
                for tokens, holders in zip(batch.tokens, batch.holders, strict=True):
                    owners |= {
                        token.ljust(TOKEN_BYTES, b"\0"): named[holder]  # numpy strips the zeros at the end
                        for token, holder in zip(tokens.tolist(), holders.tolist(), strict=True)
                        if holder >= 0
                    }
    return owners


def _load_maps(node: LocalNode, current: Round) -> Iterator[BatchMap]:
    """Yield a node's private maps of the round, opened with the linkage key that it still holds."""
    key = node.store.federation.find_linkage_key(current.key_epoch)
    if key is None:
        raise InputError(f"--round: expected the linkage key in the home of {node.config.member}, got none")
    secret = derive_map_key(
        key.ratchet_to(current.number),
        federation=node.config.federation,
        round_id=current.round_id,
        member=node.config.member,
    )
    for batch in node.store.rounds.list_batches(current.round_id):
        name = f"batch-{batch.number}.map"
        yield from_sections(node.store.sealed.load(current.round_id, name, key=secret))


def _name_owner(
    member: str,
    nominal_ids: Sequence[str],
    true: Mapping[tuple[str, str], Mapping[Any, Any]],
    persons: Mapping[str, node_persons.Person],
) -> _Owner:
    name = f"{member}/{nominal_ids[0]}"
    row = next((true[member, one] for one in nominal_ids if (member, one) in true), None)
    if row is None:
        # The planted people of stories are in no population: they are listed as recorded.
        return _Owner(name, name, persons[nominal_ids[0]].encoding_fields)
    return _Owner(name, str(row["ent_id"]), read_true_values(row))
