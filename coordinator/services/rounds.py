"""A member's side of a round: announcement, submission, summaries, own results.

Layer: coordinator. Nothing here shows a member another's record; the caller is always who the
certificate says.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from itertools import groupby

from coordinator import rounds
from coordinator.directory import Directory, get_schema
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.rounds import Batch, Round
from coordinator.segments import Layout, Segment, SegmentDirectory
from coordinator.store.rounds import RoundStore
from coordinator.summaries import verify_summary
from crypto.errors import InputError, StateError
from crypto.log.entry import EventType
from crypto.pki import PeerIdentity
from protos.messages import (
    MAX_RESOLUTION_ROWS,
    Accepted,
    MemberResults,
    ResolutionBatch,
    ResolutionQuery,
    ResolutionRequests,
    RoundAnnouncement,
    RoundOpening,
    RoundReference,
    RoundState,
    RoundStatus,
    SubmissionHeader,
    SubmissionPart,
    SubmissionReceipt,
    SummaryBatch,
    SummaryRequests,
    ViewTokens,
)


class RoundDesk:
    """Takes part in rounds on members' behalf."""

    def __init__(
        self,
        store: RoundStore,
        segments: SegmentDirectory,
        directory: Directory,
        journal: Journal,
        eraser: RoundEraser,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._segments = segments
        self._directory = directory
        self._journal = journal
        self._eraser = eraser
        self._clock = clock

    def open_round(self, opening: RoundOpening, *, operator: str) -> RoundStatus:
        """Open a round under the current agreement.

        Raises:
            StateError: No valid agreement, or a round is still running.
        """
        agreement = self._directory.get_agreement()
        round_id = str(uuid.uuid4())
        now = self._clock()
        rounds.require_idle(self._store.find_latest())
        self._journal.record(EventType.CONFIG_CHANGE, "ROUND_OPENED", round_id, actor=operator)
        opened = self._store.add_round(
            lambda number: rounds.open_round(opening, agreement, number=number, round_id=round_id, now=now)
        )
        return rounds.report(opened)

    def abandon(self, reference: RoundReference, *, operator: str) -> RoundStatus:
        """End a running round without results and erase everything of it.

        Raises:
            StateError: The round is unknown or over.
        """
        rounds.fail(self._store.get_round(reference.round_id), "ABANDONED")
        ended = self._eraser.erase(
            reference.round_id, lambda stored: rounds.fail(stored, "ABANDONED"), actor=operator
        )
        return rounds.report(ended)

    def get_status(self, reference: RoundReference) -> RoundStatus:
        """Report a round's progress in counts."""
        return rounds.report(self._store.get_round(reference.round_id))

    def get_latest(self) -> RoundAnnouncement:
        """Return the latest round's announcement.

        Raises:
            StateError: There has been none.
        """
        latest = self._store.find_latest()
        if latest is None:
            raise StateError("no round has been opened yet", code="NO_ROUND")
        return rounds.announce(latest)

    async def submit(self, caller: PeerIdentity, parts: AsyncIterator[SubmissionPart]) -> SubmissionReceipt:
        """Receive one batch of a submission; idempotent for the same content.

        Raises:
            InputError: The upload is malformed, cut off or altered. Nothing is kept.
            StateError: It does not fit the round. Nothing is kept.
        """
        first = await anext(parts, None)
        if first is None or first.header is None:
            raise InputError("expected a submission's header first", code="NO_HEADER")
        header = first.header
        work = await asyncio.to_thread(self._find_work, caller, header)
        if work is not None:
            layout, earlier = work
            await self._segments.receive(header, parts, layout=layout, earlier=earlier)
            await asyncio.to_thread(self._record_batch, caller.name, header)
        return SubmissionReceipt(
            round_id=header.round_id,
            record_count=header.record_count,
            content_digest=header.content_digest,
        )

    def _find_work(
        self, caller: PeerIdentity, header: SubmissionHeader
    ) -> tuple[Layout, list[Segment]] | None:
        """Return the views and the member's batches so far, or None where this very batch is durable."""
        self._directory.get_member(caller)
        current = self._store.get_round(header.round_id)
        if rounds.verify_header(current, caller.name, header, now=self._clock()):
            return None
        layout = get_schema(self._directory.get_agreement()).layout
        return layout, self._segments.list_segments(current, caller.name, layout)

    def _record_batch(self, member: str, header: SubmissionHeader) -> None:
        batch = Batch(header.record_count, header.content_digest)

        def change(stored: Round) -> Round:
            return rounds.record_batch(stored, member, header.batch, batch)

        try:
            self._store.change_round(header.round_id, change)
        except StateError:
            self._segments.discard(header.round_id, header.content_digest)
            raise

    def get_resolution_requests(self, caller: PeerIdentity, query: ResolutionQuery) -> ResolutionRequests:
        """Return a page of the caller's rows that are to be resolved, answered for or not.

        A node refuses a question that changes, so that it can answer again after a crash.
        """
        current = self._require(RoundReference(query.round_id), RoundState.RESOLVING)
        rows = self._store.list_asked_rows(
            query.round_id, caller.name, start=query.start, count=MAX_RESOLUTION_ROWS
        )
        pages = tuple(
            ViewTokens(view, b"".join(row.token for row in own))
            for view, own in groupby(rows, key=lambda row: row.view)
        )
        part = current.members.get(caller.name)
        return ResolutionRequests(query.round_id, part.rows_asked if part else 0, pages)

    def send_resolutions(self, caller: PeerIdentity, batch: ResolutionBatch) -> Accepted:
        """Take what the caller says of its rows; complete once each row asked about is in a record.

        Raises:
            StateError: The round is not asking, or a row was not asked for or was resolved otherwise
                before. None of the batch is taken.
        """
        self._require(RoundReference(batch.round_id), RoundState.RESOLVING)
        self._store.add_resolutions(
            batch.round_id,
            caller.name,
            batch.answers,
            change=lambda stored, records, complete: rounds.record_resolutions(
                stored, caller.name, records=records, complete=complete
            ),
        )
        return Accepted(len(batch.answers))

    def get_summary_requests(self, caller: PeerIdentity, reference: RoundReference) -> SummaryRequests:
        """Return the caller's tokens in clusters that it has not answered for."""
        self._require(reference, RoundState.ASSESSING)
        records = self._store.list_cluster_records(reference.round_id, caller.name)
        return SummaryRequests(reference.round_id, tuple(r.token for r in records if r.envelope is None))

    def send_summaries(self, caller: PeerIdentity, batch: SummaryBatch) -> Accepted:
        """Take the caller's answers; complete once each of its tokens is answered.

        Raises:
            VerificationError, InputError: A summary is not signed by the caller, is about another
                round or token, or is malformed. None of the batch is taken.
            StateError: The round is not asking, a token was not asked for, or weights differ.
        """
        current = self._require(RoundReference(batch.round_id), RoundState.ASSESSING)
        member = self._directory.get_member(caller)
        for answer in batch.answers:
            if answer.envelope:
                verify_summary(answer.envelope, member, current=current, token=answer.token)
        answers = {answer.token: answer.envelope for answer in batch.answers}
        self._store.add_answers(
            batch.round_id,
            caller.name,
            answers,
            when_complete=lambda stored: rounds.record_answers(stored, caller.name),
        )
        return Accepted(len(answers))

    def get_results(self, caller: PeerIdentity, reference: RoundReference) -> MemberResults:
        """Return the caller's own matches."""
        self._require(reference, RoundState.PUBLISHED)
        return self._store.get_results(reference.round_id, caller.name)

    def acknowledge_results(self, caller: PeerIdentity, reference: RoundReference) -> Accepted:
        """Note that the caller's results are durable with it."""
        current = self._store.get_round(reference.round_id)
        if not current.is_over:
            self._store.change_round(
                reference.round_id, lambda stored: rounds.record_collection(stored, caller.name)
            )
        return Accepted(1)

    def _require(self, reference: RoundReference, state: RoundState) -> Round:
        current = self._store.get_round(reference.round_id)
        if current.state is not state:
            raise StateError(
                f"expected the round to be {state.value}, it is {current.state.value}; fetch the round again",
                code="WRONG_STAGE",
            )
        return current
