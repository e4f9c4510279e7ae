"""One tick of a node: take the agreement, share and receive keys, and do what the round asks now.

Layer: node. Every step is idempotent and durable before it is acknowledged, so a node may be killed at
any moment and goes on where it was. The node acts only under the agreement it has verified itself: a
round with other digests gets nothing. Its own acts are logged before their effect leaves (fail closed).
"""

import math
from collections.abc import Mapping
from datetime import timedelta

import structlog

from crypto.agreement import Agreement
from crypto.canonical import canonical_bytes, encode_base64
from crypto.encoding.schema import parse_schema
from crypto.errors import StateError
from crypto.log.entry import EventType
from crypto.signing import SigningDomain, sign_statement
from node.assessment import CaseFile, load_agreed_table, summarise_person
from node.context import NodeContext
from node.inbox import Inbox
from node.key_shares import share_linkage_key
from node.log_client import drain_outbox, prepare_entry
from node.matches import flatten_results
from node.resolving import Resolver
from node.round_checks import fetch_agreement, verify_results, verify_round, verify_summary_requests
from node.round_files import open_round_files
from node.store.rounds import Participation, Stage
from node.submitting import Submitter
from protos import methods
from protos.messages import (
    Nothing,
    RoundAnnouncement,
    RoundReference,
    RoundState,
    SummaryAnswer,
    SummaryBatch,
)
from scoring.risk.areas import AgencyType

_SUBMITTING = (Stage.PREPARED, Stage.SUBMITTED)
ANSWERS_PER_MESSAGE = 2_000  # of under 700 bytes each, well below the message limit
MATCH_RETENTION = timedelta(days=30)  # P-04: a request names a match of at most 30 days


class RoundWorker:
    """Does this node's part in the round that is announced."""

    def __init__(self, context: NodeContext, log: structlog.stdlib.BoundLogger) -> None:
        self._context = context
        self._store = context.store.rounds
        self._log = log
        self._noted: set[tuple[str, str]] = set()
        self._submitter = Submitter(context, log, self._note_once)
        self._resolver = Resolver(context, log)

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
            case RoundState.OPEN if part is None or part.state in _SUBMITTING:
                self._submitter.submit(agreement, announced)
            case RoundState.RESOLVING if part is not None and part.state in _SUBMITTING:
                self._resolver.resolve(agreement, announced, part)
            case RoundState.ASSESSING if part is not None and part.state in (*_SUBMITTING, Stage.RESOLVED):
                self._answer(agreement, announced, part)
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

    def _note_once(self, event: str, round_id: str) -> None:
        if (event, round_id) not in self._noted:
            self._noted.add((event, round_id))
            self._log.info(event, round_id=round_id)

    def _answer(self, agreement: Agreement, announced: RoundAnnouncement, part: Participation) -> None:
        schema = verify_round(agreement, announced, now=self._context.clock())
        reference = RoundReference(announced.round_id)
        asked = self._context.wire.call(methods.GET_SUMMARY_REQUESTS, reference).tokens
        files = open_round_files(self._context, agreement, announced)
        held = files.load_records(views=len(schema.layout))
        verify_summary_requests(
            asked,
            held,
            earlier=self._store.load_asked(announced.round_id),
            most=math.ceil(agreement.thresholds.max_summary_share * part.record_count),
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
            schema = parse_schema(agreement.schema)
            files = open_round_files(self._context, agreement, announced)
            held = files.load_records(views=len(schema.layout))
            nominal_ids = {token: ids for token, ids in held.items() if ids}
            matches = flatten_results(results, round_number=announced.number, nominal_ids=nominal_ids)
            value = {"round_id": announced.round_id, "matches": len(matches)}
            entry = prepare_entry(self._context, EventType.COMBINATION, "RESULTS_RECEIVED", value=value)
            self._store.store_matches(announced.round_id, matches, now=now, log_entry=entry.entry)
            self._log.info("collected", round_id=announced.round_id, count=len(matches))
        drain_outbox(self._context)
        self._context.wire.call(methods.ACKNOWLEDGE_RESULTS, reference)

    def _finish(self, announced: RoundAnnouncement, part: Participation | None) -> None:
        self._step_key_past(announced.key_epoch, announced.number)
        if part is None:  # a crash may have come between the files of a batch and the row that names them
            self._context.store.sealed.erase_rounds()
        if part is not None and part.state is not Stage.OVER:
            self._erase(part)

    def _step_key_past(self, epoch: int, number: int) -> None:
        held = self._context.store.federation.find_linkage_key(epoch)
        if held is not None and held.step <= number:
            self._context.store.federation.store_linkage_key(held.ratchet_to(number + 1))

    def _erase(self, part: Participation) -> None:
        others = {other.round_id for other in self._store.find_open_rounds()} - {part.round_id}
        self._context.store.sealed.erase_rounds(keep=others)
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
