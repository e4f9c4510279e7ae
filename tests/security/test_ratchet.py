"""The ratchet: what a thief finds at a node after a round, with today's key, opens nothing of that round.

The thief has the files of the round as they were while it ran (a backup of their folder, or blocks of the
disk that a deletion freed), and all of the home as it is now.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from structlog.testing import CapturingLogger

from crypto.agreement import Agreement
from crypto.encoding.views import encode_views
from crypto.errors import StateError, StorageError
from crypto.keys import LinkageKey, derive_map_key, derive_round_key, generate_linkage_key
from node.context import NodeContext
from node.inbox import Inbox
from node.participation import RoundWorker, tick
from node.persons import find_persons
from node.records import Records
from node.round_files import find_key
from node.store.sealed_files import SealedFiles
from protos.messages import RoundState, SubmissionChunk, ViewRow, split_tokens
from tests.support import node_bench as bench
from tests.support.node_bench import FEDERATION, ScriptedCoordinator
from tests.support.view_schemas import make_views_schema

SCHEMA = make_views_schema()
LATER_STEPS = range(2, 40)


@dataclass
class Theft:
    """A round that is over, what was copied while it ran, and the store as it is now."""

    context: NodeContext
    agreement: Agreement
    stolen: SealedFiles
    names: list[str]
    old_key: LinkageKey
    chunks: list[SubmissionChunk]
    path: Path

    @property
    def round_id(self) -> str:
        return bench.announce(self.agreement).round_id

    @property
    def key_now(self) -> LinkageKey:
        held = self.context.store.federation.find_linkage_key(1)
        assert held is not None
        return held

    def map_key(self, key: LinkageKey) -> bytes:
        return derive_map_key(key, federation=FEDERATION, round_id=self.round_id, member="essex")

    def round_key(self, key: LinkageKey) -> bytes:
        return derive_round_key(
            key,
            federation=FEDERATION,
            round_id=self.round_id,
            schema_digest=SCHEMA.digest,
            role_view="perpetrator",
        )

    def encode(self, key: LinkageKey) -> set[bytes]:
        """Return the block tokens and encodings of everybody under a key, as the thief can compute them."""
        persons = find_persons(self.context.store.records.load_records().nominals)
        rows = encode_views([p.encoding_fields for p in persons], SCHEMA, secret=self.round_key(key))
        return {row.tobytes() for view in rows for column in (view.blocks, view.encodings) for row in column}

    def sent(self) -> set[bytes]:
        blocks = {block for chunk in self.chunks for block in split_tokens(chunk.blocks)}
        width = SCHEMA.layout[0].encoding_bytes
        return blocks | {
            chunk.encodings[i : i + width]
            for chunk in self.chunks
            for i in range(0, len(chunk.encodings), width)
        }


def run_tick(context: NodeContext) -> None:
    log = structlog.wrap_logger(CapturingLogger())
    tick(context, Inbox(context, {}, log), RoundWorker(context, log))


@pytest.fixture(scope="module")
def theft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theft]:
    path = tmp_path_factory.mktemp("home")
    member = (bench.make_config("essex"), bench.make_keys())
    agreement = bench.make_agreement({"essex": member}, schema=SCHEMA)
    coordinator = ScriptedCoordinator(agreement=bench.sign(agreement))
    coordinator.announced = bench.announce(agreement)
    numbers = range(12)
    with bench.open_bench(path, coordinator, *member) as context:
        context.store.federation.store_linkage_key(generate_linkage_key(1))
        context.store.records.store_records(
            Records(
                nominals=tuple(bench.make_nominal(f"N{n}") for n in numbers),
                crimes=tuple(bench.make_crime(f"C{n}") for n in numbers),
                parties=tuple(bench.make_party(f"C{n}", f"N{n}") for n in numbers),
            )
        )
        coordinator.failures["Submit"] = StateError("not yet")
        with pytest.raises(StateError):
            run_tick(context)
        shutil.copytree(path / "essex-rounds", path / "copied")  # the rows are still there
        coordinator.failures.clear()
        run_tick(context)
        old_key = context.store.federation.find_linkage_key(1)
        assert old_key is not None
        chunks = [part.chunk for part in coordinator.uploads[-1] if part.chunk]
        coordinator.question = tuple(
            ViewRow(chunk.view, token) for chunk in chunks for token in split_tokens(chunk.tokens)[:1]
        )
        coordinator.announced = bench.announce(agreement, state=RoundState.RESOLVING)
        run_tick(context)
        shutil.copytree(path / "essex-rounds", path / "copied", dirs_exist_ok=True)
        coordinator.announced = bench.announce(agreement, state=RoundState.CLOSED)
        run_tick(context)
        names = sorted(file.name for file in (path / "copied").rglob("*") if file.is_file())
        yield Theft(context, agreement, SealedFiles(path / "copied"), names, old_key, chunks, path)


def test_what_was_copied_is_all_that_ties_rows_to_people(theft: Theft) -> None:
    assert theft.names == ["batch-0.map", "batch-0.rows", "resolution"]
    assert (theft.old_key.step, theft.key_now.step) == (1, 2)


def test_under_the_key_of_its_time_the_copy_opens(theft: Theft) -> None:
    """The positive control: the key is what is missing, nothing else."""
    for name in theft.names:
        assert list(theft.stolen.load(theft.round_id, name, key=theft.map_key(theft.old_key)))
    assert theft.encode(theft.old_key) & theft.sent()


def test_no_key_that_can_be_had_now_opens_any_of_it(theft: Theft) -> None:
    for step in LATER_STEPS:
        key = theft.map_key(theft.key_now.ratchet_to(step))
        for name in theft.names:
            with pytest.raises(StorageError, match="missing, damaged or sealed under another key"):
                list(theft.stolen.load(theft.round_id, name, key=key))


def test_the_key_does_not_go_back(theft: Theft) -> None:
    with pytest.raises(StateError, match="expected a step from 2 on, got 1: an erased key cannot be rebuilt"):
        theft.key_now.ratchet_to(1)
    with pytest.raises(StateError, match="an erased key cannot be rebuilt"):
        find_key(theft.context, theft.agreement, bench.announce(theft.agreement))


def test_nobody_can_be_encoded_into_the_closed_round_again(theft: Theft) -> None:
    for step in LATER_STEPS:
        assert theft.encode(theft.key_now.ratchet_to(step)).isdisjoint(theft.sent())


def test_the_store_as_it_is_now_holds_neither_the_old_key_nor_a_row(theft: Theft) -> None:
    held = b"".join(
        file.read_bytes() for file in theft.path.rglob("*") if file.is_file() and "copied" not in file.parts
    )
    assert theft.key_now.secret in held, "the positive control: what is held is found"
    assert theft.old_key.secret not in held
    tokens = [token for chunk in theft.chunks for token in split_tokens(chunk.tokens)]
    assert not [row for row in (*tokens, *theft.sent()) if row in held]
    assert not (theft.path / "essex-rounds" / theft.round_id).exists()


def test_copies_opened_say_nothing_without_a_seal(theft: Theft) -> None:
    copied = b"".join(file.read_bytes() for file in (theft.path / "copied").rglob("*") if file.is_file())
    tokens = [token for chunk in theft.chunks for token in split_tokens(chunk.tokens)]
    assert not [row for row in (*tokens, *theft.sent(), b'["N11"]') if row in copied]


def test_a_late_member_steps_forward_to_the_same_keys(theft: Theft) -> None:
    late = generate_linkage_key(1)
    punctual = late.ratchet_to(1).ratchet_to(2).ratchet_to(3)
    assert theft.map_key(late.ratchet_to(3)) == theft.map_key(punctual)
    assert theft.round_key(late.ratchet_to(3)) == theft.round_key(punctual)


def test_one_members_files_do_not_open_as_anothers(theft: Theft) -> None:
    other = derive_map_key(theft.old_key, federation=FEDERATION, round_id=theft.round_id, member="kent")
    with pytest.raises(StorageError, match="sealed under another key"):
        list(theft.stolen.load(theft.round_id, "batch-0.map", key=other))
