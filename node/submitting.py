"""Submitting to an open round: check, prepare, log, send, and send again what was cut off.

Layer: node. A batch is sealed and durable, and its commitment is in the log, before its first byte leaves
(P-21). While the round is open, people who are new since the last batch follow in a further one.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence

import structlog

from crypto.agreement import Agreement
from crypto.encoding.precheck import check_linkability
from crypto.encoding.schema import LinkageSchema
from crypto.errors import StateError, VerificationError
from crypto.keys import derive_round_key
from crypto.log.entry import EventType
from node.assessment import load_agreed_table
from node.context import NodeContext
from node.log_client import drain_outbox, prepare_entry
from node.persons import Person, select_perpetrators
from node.round_checks import verify_round
from node.round_files import RoundFiles, derive_files_key, find_key
from node.store.rounds import Batch, BatchState, Linkability, Participation, Stage
from node.submission import Submission, derive_content_digest, prepare_submission
from protos import methods
from protos.messages import RoundAnnouncement, SubmissionHeader, SubmissionPart


class Submitter:
    """Does what an open round asks of this node."""

    def __init__(
        self, context: NodeContext, log: structlog.stdlib.BoundLogger, note: Callable[[str, str], None]
    ) -> None:
        self._context = context
        self._store = context.store.rounds
        self._log = log
        self._note = note
        self._seen: tuple[str, int] | None = None

    def submit(self, agreement: Agreement, announced: RoundAnnouncement) -> None:
        """Prepare what is to be submitted now, and send what the coordinator does not have."""
        if self._context.clock() > announced.submit_until:
            return
        version = self._context.store.records.get_version()
        unsent = self._list_unsent(announced.round_id)
        if not unsent and self._seen == (announced.round_id, version):
            return
        schema = verify_round(agreement, announced, now=self._context.clock())
        key = find_key(self._context, agreement, announced)
        if key is None:
            self._note("waiting for the linkage key", announced.round_id)
            return
        files_key = derive_files_key(self._context, key, announced.round_id)
        files = RoundFiles(self._context, announced.round_id, files_key)
        if not unsent:
            round_key = derive_round_key(
                key,
                federation=agreement.federation,
                round_id=announced.round_id,
                schema_digest=announced.schema_digest,
                role_view=announced.role_view.lower(),
            )
            load_agreed_table(agreement.weights_version)
            self._prepare(announced, schema, files, round_key=round_key, version=version)
            self._seen = (announced.round_id, version)
        # The commitment to this submission is in the log before its first byte leaves (P-21).
        drain_outbox(self._context)
        for batch in self._list_unsent(announced.round_id):
            self._send(announced, files, batch)

    def _list_unsent(self, round_id: str) -> list[Batch]:
        return [b for b in self._store.list_batches(round_id) if b.state is BatchState.PREPARED]

    def _prepare(
        self,
        announced: RoundAnnouncement,
        schema: LinkageSchema,
        files: RoundFiles,
        *,
        round_key: bytes,
        version: int,
    ) -> None:
        """Prepare the next batch, if there is anyone to submit who is not in an earlier one."""
        earlier = self._store.list_batches(announced.round_id)
        persons = self._select(files if earlier else None)
        if not persons:
            if not earlier:
                self._note("nothing to submit", announced.round_id)
            return
        if not earlier and self._is_stopped(persons, schema, announced.round_id, version):
            return
        submission = prepare_submission(persons, schema, round_key=round_key, random=secrets.SystemRandom())
        number = len(earlier)
        files.store_batch(number, submission)
        self._record(announced, number, submission)

    def _select(self, files: RoundFiles | None) -> Sequence[Person]:
        records = self._context.store.records.load_records()
        persons = select_perpetrators(records, today=self._context.clock().date())
        if files is None:
            return persons
        submitted = files.load_map().nominal_ids
        return [person for person in persons if submitted.isdisjoint(person.nominal_ids)]

    def _is_stopped(
        self, persons: Sequence[Person], schema: LinkageSchema, round_id: str, version: int
    ) -> bool:
        """Whether the pre-check stops this submission; what it found is kept for ``clew-node status``."""
        kept = self._store.find_linkability()
        if kept is None or (kept.round_id, kept.records_version) != (round_id, version):
            found = check_linkability([person.encoding_fields for person in persons], schema)
            words = tuple(f"{f.severity.value} {f.subject}: {f.message}" for f in found.findings)
            kept = Linkability(round_id, self._context.clock(), version, found.is_stopped, words)
            self._store.store_linkability(kept)
        if kept.is_stopped:
            self._note("not submitted: the records do not pass the pre-check, see status", round_id)
        return kept.is_stopped

    def _record(self, announced: RoundAnnouncement, number: int, submission: Submission) -> None:
        digest = derive_content_digest(submission.views)
        batch = Batch(announced.round_id, number, digest, BatchState.PREPARED, submission.record_count)
        value = {"round_id": announced.round_id, "batch": number, "content_digest": digest}
        entry = prepare_entry(self._context, EventType.COMBINATION, "ROUND_SUBMISSION", value=value)
        self._context.store.evidence.store_salt(entry.object_ref, entry.salt, value)
        if number:
            self._store.store_next_batch(batch, log_entry=entry.entry)
            return
        part = Participation(
            round_id=announced.round_id,
            number=announced.number,
            state=Stage.PREPARED,
            record_count=submission.record_count,
            changed_at=self._context.clock(),
        )
        self._store.store_first_batch(part, batch, log_entry=entry.entry)

    def _send(self, announced: RoundAnnouncement, files: RoundFiles, batch: Batch) -> None:
        header = SubmissionHeader(
            round_id=announced.round_id,
            schema_digest=announced.schema_digest,
            agreement_digest=announced.agreement_digest,
            key_epoch=announced.key_epoch,
            record_count=batch.record_count,
            content_digest=batch.content_digest,
            batch=batch.number,
        )
        try:
            receipt = self._context.wire.upload(methods.SUBMIT, _list_parts(header, files, batch))
        except StateError as error:
            if error.code != "TOO_LATE" or not batch.number:
                raise
            self._store.drop_batch(batch)
            files.erase_parts(batch.number)
            return
        if (receipt.round_id, receipt.content_digest) != (announced.round_id, batch.content_digest):
            raise VerificationError("the coordinator acknowledged another submission than the one sent")
        self._store.record_sent(announced.round_id, batch.number, now=self._context.clock())
        files.erase_parts(batch.number)
        self._log.info("submitted", round_id=announced.round_id, records=batch.record_count)


def _list_parts(header: SubmissionHeader, files: RoundFiles, batch: Batch) -> Iterator[SubmissionPart]:
    yield SubmissionPart(header=header)
    yield from files.load_parts(batch.number)
