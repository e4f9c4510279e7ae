"""Drives rounds: matches, links, assesses, publishes, closes, and erases.

Layer: coordinator. A thin loop around the pure state machine. Each step's outcome and the round's new
state are stored in one transaction, so that a crash at any point repeats a step and never half of one.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from coordinator import rounds
from coordinator.assessment import Answer, ClusterView, assess
from coordinator.directory import Directory, get_schema
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.matching.compare import Rows, ViewTask, compare_segments
from coordinator.matching.link import LinkTask, MatchOutcome, RecordsByView, link_round
from coordinator.matching.workers import open_workers
from coordinator.resolution import Members, Tokens, list_rows_to_ask, number_resolved, number_rows
from coordinator.rounds import Round, Step
from coordinator.segments import Layout, SegmentDirectory
from coordinator.store.rounds import ClusterRecord, Match, RoundStore
from coordinator.summaries import verify_summary
from crypto.log.entry import EventType
from protos.hosting.logs import describe_failure
from protos.messages import TOKEN_BYTES, MemberResults

POLL_S = 0.25
RETRY_S = 5.0

T = TypeVar("T")
R = TypeVar("R")


class Conductor:
    """Advances the current round whenever it is ready to be advanced."""

    def __init__(
        self,
        store: RoundStore,
        segments: SegmentDirectory,
        directory: Directory,
        journal: Journal,
        eraser: RoundEraser,
        *,
        clock: Callable[[], datetime],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._store = store
        self._segments = segments
        self._directory = directory
        self._journal = journal
        self._eraser = eraser
        self._clock = clock
        self._log = log

    async def run(self) -> None:
        """Advance rounds until cancelled; a failed step fails the round, not the server."""
        while True:
            current = await asyncio.to_thread(self._store.find_latest)
            try:
                if current is not None and not current.is_over:
                    await self._advance(current)
            except Exception as error:  # storage that fails now may work later; members keep being served
                self._log.error("round cannot be advanced", **describe_failure(error))
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(POLL_S)

    async def _advance(self, current: Round) -> None:
        step = rounds.decide_step(current, now=self._clock())
        if step is Step.WAIT:
            return
        self._log.info("round step", round_id=current.round_id, state=step.value)
        try:
            match step:
                case Step.MATCH:
                    await self._match(current)
                case Step.LINK:
                    await self._link(current)
                case Step.PUBLISH:
                    await asyncio.to_thread(self._publish, current)
                case Step.CLOSE:
                    await asyncio.to_thread(self._eraser.erase, current.round_id, rounds.close)
                case Step.FAIL:
                    await asyncio.to_thread(self._fail, current, "TOO_FEW_SUBMISSIONS")
        except Exception as error:
            self._log.error("round failed", round_id=current.round_id, **describe_failure(error))
            await asyncio.to_thread(self._fail, current, "INTERNAL")

    async def _match(self, current: Round) -> None:
        """Compare the rows of every view, and ask members which of those that are alike are one record."""
        current = await asyncio.to_thread(self._store.change_round, current.round_id, rounds.begin_matching)
        layout = get_schema(self._directory.get_agreement()).layout
        members = self._list_members(current, layout)
        folder = self._segments.get_folder(current.round_id)
        tasks = [ViewTask(view, members, folder) for view in range(len(layout))]
        found = await _run(compare_segments, tasks)
        if len(layout) == 1:
            await asyncio.to_thread(self._store.change_round, current.round_id, rounds.begin_linking)
        else:
            await asyncio.to_thread(self._ask, current, members, found)

    def _list_members(self, current: Round, layout: Layout) -> Members:
        names = current.participants
        return tuple(tuple(self._segments.list_segments(current, name, layout)) for name in names)

    def _ask(self, current: Round, members: Members, found: Sequence[Sequence[Rows]]) -> None:
        rows = list(list_rows_to_ask(current.participants, members, found))
        counts = Counter(row.member for row in rows)
        self._store.add_comparison(
            current.round_id,
            lambda stored: rounds.record_comparison(stored, asked=counts, now=self._clock()),
            rows,
        )

    async def _link(self, current: Round) -> None:
        """Merge what was found over views into clusters of records."""
        current = await asyncio.to_thread(self._store.change_round, current.round_id, rounds.begin_linking)
        agreement = self._directory.get_agreement()
        schema = get_schema(agreement)
        tokens, records = await asyncio.to_thread(self._number_records, current, schema.layout)
        folder = self._segments.get_folder(current.round_id)
        (outcome,) = await _run(link_round, [LinkTask(folder, schema, records, agreement.thresholds)])
        await asyncio.to_thread(self._record_clusters, current, tokens, outcome)

    def _number_records(self, current: Round, layout: Layout) -> tuple[Tokens, RecordsByView]:
        members = self._list_members(current, layout)
        if len(layout) == 1:
            return number_rows(members)
        names = current.participants
        return number_resolved(members, [self._store.list_asked_rows(current.round_id, n) for n in names])

    def _record_clusters(self, current: Round, tokens: Tokens, outcome: MatchOutcome) -> None:
        names = current.participants
        records, matches = [], []
        for cluster in outcome.clusters:
            cluster_ref = secrets.token_bytes(TOKEN_BYTES)
            records += [ClusterRecord(cluster_ref, names[d], tokens[d][r]) for d, r in cluster.positions]
            matches += [
                Match(secrets.token_bytes(TOKEN_BYTES), cluster_ref, names[a], names[b], probability)
                for (a, b), probability in cluster.probabilities.items()
            ]
        asked = frozenset(record.member for record in records)
        self._journal.record(
            EventType.COMBINATION, "ROUND_MATCHED", [current.round_id, len(outcome.clusters)]
        )
        self._store.add_clusters(
            current.round_id,
            lambda stored: rounds.record_clusters(
                stored,
                clusters=len(outcome.clusters),
                candidate_pairs=outcome.candidate_pairs,
                asked=asked,
                now=self._clock(),
            ),
            records,
            matches,
        )

    def _publish(self, current: Round) -> None:
        now = self._clock()
        members = {member.name: member for member in self._directory.get_agreement().members}
        matches = self._store.list_matches(current.round_id)
        answers: dict[bytes, list[Answer]] = {}
        for record in self._store.list_cluster_records(current.round_id):
            summary = None
            if record.envelope:
                summary = verify_summary(
                    record.envelope, members[record.member], current=current, token=record.token
                )
            answers.setdefault(record.cluster_ref, []).append(Answer(record.member, record.token, summary))
        clusters = [
            ClusterView(ref, tuple(own), tuple(m for m in matches if m.cluster_ref == ref))
            for ref, own in answers.items()
        ]
        found = assess(clusters, members, today=now.date())
        results = {
            name: MemberResults(current.round_id, now, tuple(found.get(name, ())))
            for name in current.participants
        }
        self._store.add_results(
            current.round_id, results, published_at=now, change=lambda stored: rounds.publish(stored, now=now)
        )

    def _fail(self, current: Round, reason: str) -> None:
        if not self._store.get_round(current.round_id).is_over:  # the operator may have abandoned it
            self._eraser.erase(current.round_id, lambda stored: rounds.fail(stored, reason))


async def _run(work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
    """Do the tasks in processes of their own and return their results in order."""
    loop = asyncio.get_running_loop()
    with open_workers(len(tasks)) as workers:
        return list(await asyncio.gather(*(loop.run_in_executor(workers, work, task) for task in tasks)))
