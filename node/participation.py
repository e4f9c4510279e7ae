"""One tick of a node: take the agreement, share and receive keys, and do what the round asks now.

Layer: node. Every step is idempotent and durable before it is acknowledged, so a node may be killed at
any moment and goes on where it was. The node acts only under the agreement it has verified itself: a
round with other digests gets nothing. Its own acts are logged before their effect leaves (fail closed).
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta

import structlog

from crypto.agreement import Agreement
from crypto.canonical import canonical_bytes, encode_base64
from crypto.encoding.schema import LinkageSchema
from crypto.errors import StateError, VerificationError
from crypto.keys import LinkageKey, derive_round_key
from crypto.log.entry import EventType
from crypto.signing import SigningDomain, sign_statement
from node.assessment import CaseFile, load_agreed_table, summarise_person
from node.context import NodeContext
from node.inbox import Inbox
from node.key_shares import share_linkage_key
from node.log_client import drain_outbox, prepare_entry
from node.matches import flatten_results
from node.persons import select_perpetrators
from node.round_checks import fetch_agreement, verify_results, verify_round, verify_summary_requests
from node.store.rounds import Participation, Stage
from node.submission import derive_content_digest, encode_submission, list_parts
from protos import methods
from protos.messages import (
    Nothing,
    RoundAnnouncement,
    RoundReference,
    RoundState,
    SubmissionHeader,
    SummaryAnswer,
    SummaryBatch,
)
from scoring.risk.areas import AgencyType

ANSWERS_PER_MESSAGE = 2_000  # of under 700 bytes each, well below the message limit
MATCH_RETENTION = timedelta(days=30)  # P-04: a request names a match of at most 30 days


class RoundWorker:
    """Does this node's part in the round that is announced."""

    def __init__(self, context: NodeContext, log: structlog.stdlib.BoundLogger) -> None:
        self._context = context
        self._store = context.store.rounds
        self._log = log
        self._noted: set[tuple[str, str]] = set()

    def work(self, agreement: Agreement) -> None:
        """Do what the announced round asks of this node now.

        Raises:
            StateError: The round does not fit the agreement, or asks for more than it allows.
            TransportError: The coordinator could not be reached.
        """
        try:
            announced = self._context.wire.call(methods.GET_ROUND, Nothing())
        except StateError:
            return
        self._leave_earlier_rounds(agreement, announced)
        part = self._store.find_participation(announced.round_id)
        match announced.state:
            case RoundState.OPEN if part is None or part.state is Stage.PREPARED:
                self._submit(agreement, announced, part)
            case RoundState.ASSESSING if part is not None and part.state in (Stage.PREPARED, Stage.SUBMITTED):
                self._answer(agreement, announced)
            case RoundState.PUBLISHED if part is not None and part.state is not Stage.OVER:
                self._collect(agreement, announced, part)
            case RoundState.CLOSED | RoundState.FAILED:
                self._finish(announced, part)
        self._store.erase_matches(before=self._context.clock() - MATCH_RETENTION)

    def _leave_earlier_rounds(self, agreement: Agreement, announced: RoundAnnouncement) -> None:
        """Leave what this node took part in and is not announced any more, the key of its step included.

        Otherwise a second round of the same number would keep that step of the key alive.
        """
        for part in self._store.find_open_rounds():
            if part.round_id != announced.round_id:
                self._step_key_past(agreement.key_epoch, part.number)
                self._erase(part)

    def _submit(self, agreement: Agreement, announced: RoundAnnouncement, part: Participation | None) -> None:
        if self._context.clock() > announced.submit_until:
            return
        schema = verify_round(agreement, announced, now=self._context.clock())
        if part is None:
            part = self._prepare(agreement, announced, schema)
        if part is None:
            return
        # The commitment to this submission is in the log before its first byte leaves (P-21).
        drain_outbox(self._context)
        records = self._store.load_round_records(announced.round_id)
        header = SubmissionHeader(
            round_id=announced.round_id,
            schema_digest=announced.schema_digest,
            agreement_digest=announced.agreement_digest,
            key_epoch=announced.key_epoch,
            record_count=part.record_count,
            content_digest=part.content_digest,
        )
        receipt = self._context.wire.upload(methods.SUBMIT, list_parts(header, records))
        if (receipt.round_id, receipt.content_digest) != (announced.round_id, part.content_digest):
            raise VerificationError("the coordinator acknowledged another submission than the one sent")
        self._store.record_submitted(announced.round_id, now=self._context.clock())
        self._log.info("submitted", round_id=announced.round_id, records=part.record_count)

    def _prepare(
        self, agreement: Agreement, announced: RoundAnnouncement, schema: LinkageSchema
    ) -> Participation | None:
        key = self._find_key(agreement, announced)
        if key is None:
            self._note_once("waiting for the linkage key", announced.round_id)
            return None
        load_agreed_table(agreement.weights_version)
        records = self._context.store.records.load_records()
        persons = select_perpetrators(records, today=self._context.clock().date())
        if not persons:
            self._note_once("nothing to submit", announced.round_id)
            return None
        round_key = derive_round_key(
            key,
            federation=agreement.federation,
            round_id=announced.round_id,
            schema_digest=announced.schema_digest,
            role_view=announced.role_view.lower(),
        )
        encoded = encode_submission(persons, schema, round_key=round_key, random=secrets.SystemRandom())
        part = Participation(
            round_id=announced.round_id,
            number=announced.number,
            state=Stage.PREPARED,
            content_digest=derive_content_digest(encoded),
            record_count=len(encoded),
            changed_at=self._context.clock(),
        )
        value = {"round_id": part.round_id, "content_digest": part.content_digest}
        entry = prepare_entry(self._context, EventType.COMBINATION, "ROUND_SUBMISSION", value=value)
        self._context.store.evidence.store_salt(entry.object_ref, entry.salt, value)
        self._store.store_submission(part, encoded, log_entry=entry.entry)
        return part

    def _note_once(self, event: str, round_id: str) -> None:
        if (event, round_id) not in self._noted:
            self._noted.add((event, round_id))
            self._log.info(event, round_id=round_id)

    def _find_key(self, agreement: Agreement, announced: RoundAnnouncement) -> LinkageKey | None:
        """Return the key at the round's step, keeping no earlier step; None until the share arrives."""
        federation = self._context.store.federation
        held = federation.find_linkage_key(agreement.key_epoch)
        if held is None or held.step == announced.number:
            return held
        key = held.ratchet_to(announced.number)
        federation.store_linkage_key(key)
        return key

    def _answer(self, agreement: Agreement, announced: RoundAnnouncement) -> None:
        verify_round(agreement, announced, now=self._context.clock())
        reference = RoundReference(announced.round_id)
        asked = self._context.wire.call(methods.GET_SUMMARY_REQUESTS, reference).tokens
        held = {r.token: r.nominal_ids for r in self._store.load_round_records(announced.round_id)}
        verify_summary_requests(
            asked,
            held,
            earlier=self._store.load_asked(announced.round_id),
            max_share=agreement.thresholds.max_summary_share,
        )
        self._store.record_asked(announced.round_id, asked)
        answers = self._summarise(agreement, announced, {token: held[token] for token in asked})
        for start in range(0, len(answers), ANSWERS_PER_MESSAGE):
            some = answers[start : start + ANSWERS_PER_MESSAGE]
            self._context.wire.call(methods.SEND_SUMMARIES, SummaryBatch(announced.round_id, some))
        self._store.record_answered(announced.round_id, now=self._context.clock())
        withheld = sum(1 for answer in answers if not answer.envelope)
        self._log.info(
            "answered", round_id=announced.round_id, count=len(answers) - withheld, records=withheld
        )

    def _summarise(
        self, agreement: Agreement, announced: RoundAnnouncement, asked: Mapping[bytes, tuple[str, ...]]
    ) -> tuple[SummaryAnswer, ...]:
        if not asked:
            return ()
        config = self._context.config
        cases = CaseFile(self._context.store.records.load_records(), member=config.member)
        table = load_agreed_table(agreement.weights_version)
        dates = announced.opened_at.date().replace(day=1), self._context.clock().date()
        answers = []
        for token, nominal_ids in asked.items():
            person = cases.find_person(nominal_ids)
            summary = person and summarise_person(
                person, cases, agency_type=AgencyType(config.agency_type), dates=dates, table=table
            )
            envelope = b""
            if summary:
                body = {
                    "round_id": announced.round_id,
                    "token": encode_base64(token),
                    "summary": summary.to_body(),
                }
                statement = sign_statement(self._context.keys.signing, SigningDomain.SUMMARY, body)
                envelope = canonical_bytes(statement)
            answers.append(SummaryAnswer(token, envelope))
        return tuple(answers)

    def _collect(self, agreement: Agreement, announced: RoundAnnouncement, part: Participation) -> None:
        reference = RoundReference(announced.round_id)
        if part.state is not Stage.COLLECTED:
            now = self._context.clock()
            results = verify_results(
                self._context.wire.call(methods.GET_RESULTS, reference),
                announced,
                agreement=agreement,
                member=self._context.config.member,
                now=now,
            )
            nominal_ids = {r.token: r.nominal_ids for r in self._store.load_round_records(announced.round_id)}
            matches = flatten_results(results, round_number=announced.number, nominal_ids=nominal_ids)
            value = {"round_id": announced.round_id, "matches": len(matches)}
            entry = prepare_entry(self._context, EventType.COMBINATION, "RESULTS_RECEIVED", value=value)
            self._store.store_matches(announced.round_id, matches, now=now, log_entry=entry.entry)
            self._log.info("collected", round_id=announced.round_id, count=len(matches))
        drain_outbox(self._context)
        self._context.wire.call(methods.ACKNOWLEDGE_RESULTS, reference)

    def _finish(self, announced: RoundAnnouncement, part: Participation | None) -> None:
        self._step_key_past(announced.key_epoch, announced.number)
        if part is not None and part.state is not Stage.OVER:
            self._erase(part)

    def _step_key_past(self, epoch: int, number: int) -> None:
        held = self._context.store.federation.find_linkage_key(epoch)
        if held is not None and held.step <= number:
            self._context.store.federation.store_linkage_key(held.ratchet_to(number + 1))

    def _erase(self, part: Participation) -> None:
        value = {"round_id": part.round_id}
        entry = prepare_entry(self._context, EventType.ERASURE, "ROUND_OVER", value=value)
        self._store.close_round(part.round_id, now=self._context.clock(), log_entry=entry.entry)
        self._log.info("round over", round_id=part.round_id, number=part.number)


def tick(context: NodeContext, inbox: Inbox, worker: RoundWorker) -> None:
    """Do everything that there is to do now. Raises :class:`ClewError` on what has to be tried again."""
    agreement = fetch_agreement(context)
    if agreement is None:
        return
    drain_outbox(context)
    share_linkage_key(context, agreement)
    inbox.empty()
    worker.work(agreement)
