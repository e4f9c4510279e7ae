"""A member's side of a round: announcement, submission, summaries, own results.

Layer: coordinator. Nothing here shows a member another's record; the caller is always who the
certificate says.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from coordinator import rounds
from coordinator.directory import Directory, get_encoding_bytes
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.rounds import Round
from coordinator.segments import SegmentDirectory
from coordinator.store.rounds import RoundStore
from coordinator.summaries import verify_summary
from crypto.errors import InputError, StateError
from crypto.log.entry import EventType
from crypto.pki import PeerIdentity
from protos.messages import (
    Accepted,
    MemberResults,
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
        """Receive one submission; idempotent for the same content.

        Raises:
            InputError: The upload is malformed, cut off or altered. Nothing is kept.
            StateError: It does not fit the round. Nothing is kept.
        """
        first = await anext(parts, None)
        if first is None or first.header is None:
            raise InputError("expected a submission's header first", code="NO_HEADER")
        header = first.header
        encoding_bytes = await asyncio.to_thread(self._find_work, caller, header)
        if encoding_bytes is not None:
            await self._segments.receive(header, parts, encoding_bytes=encoding_bytes)
            await asyncio.to_thread(self._record_submission, caller.name, header)
        return SubmissionReceipt(
            round_id=header.round_id,
            record_count=header.record_count,
            content_digest=header.content_digest,
        )

    def _find_work(self, caller: PeerIdentity, header: SubmissionHeader) -> int | None:
        """Return the bytes of one encoding, or None where this very submission is durable already."""
        self._directory.get_member(caller)
        current = self._store.get_round(header.round_id)
        if rounds.verify_header(current, caller.name, header, now=self._clock()):
            return None
        return get_encoding_bytes(self._directory.get_agreement())

    def _record_submission(self, member: str, header: SubmissionHeader) -> None:
        def change(stored: Round) -> Round:
            return rounds.record_submission(
                stored, member, records=header.record_count, content_digest=header.content_digest
            )

        try:
            self._store.change_round(header.round_id, change)
        except StateError:
            self._segments.discard(header.round_id, header.content_digest)
            raise

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
