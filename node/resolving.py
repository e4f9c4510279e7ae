"""Answering a round's resolution question, once, and the same after a crash.

Layer: node. The answer is sealed and durable, and the log holds a commitment to it, before any of it
leaves. A question that is refused is refused aloud: in the node's own log and, once, in the federation's.
"""

import secrets

import structlog

from crypto.agreement import Agreement
from crypto.encoding.schema import LinkageSchema
from crypto.errors import ClewError, StateError, VerificationError
from crypto.log.entry import EventResult, EventType
from node.context import NodeContext
from node.log_client import drain_outbox, prepare_entry
from node.resolution import (
    Question,
    derive_answer_digest,
    derive_question_digest,
    resolve_rows,
    verify_page,
    verify_same_question,
)
from node.round_checks import verify_round
from node.round_files import RoundFiles, open_round_files
from node.store.rounds import Participation
from protos import methods
from protos.messages import ResolutionQuery, RoundAnnouncement


class Resolver:
    """Says which rows are one record, as far as the agreement lets it."""

    def __init__(self, context: NodeContext, log: structlog.stdlib.BoundLogger) -> None:
        self._context = context
        self._log = log
        self._refused: set[str] = set()

    def resolve(self, agreement: Agreement, announced: RoundAnnouncement, part: Participation) -> None:
        """Answer the round's question.

        Raises:
            VerificationError: It names rows that are not this node's.
            StateError: It is about too many records, or another than this node has answered.
        """
        schema = verify_round(agreement, announced, now=self._context.clock())
        files = open_round_files(self._context, agreement, announced)
        try:
            question = self._fetch(announced.round_id, part.record_count, schema)
            if part.question_digest:
                verify_same_question(question, part.question_digest)
            elif any(question):
                self._prepare(schema, question, files)
        except (VerificationError, StateError) as error:
            self._log_refusal(announced.round_id, error)
            raise
        sent = 0
        if any(question):
            drain_outbox(self._context)
            for batch in files.load_answers():
                self._context.wire.call(methods.SEND_RESOLUTIONS, batch)
                sent += len(batch.answers)
        self._context.store.rounds.record_resolved(announced.round_id, now=self._context.clock())
        self._log.info("resolved", round_id=announced.round_id, records=sent)

    def _fetch(self, round_id: str, records: int, schema: LinkageSchema) -> Question:
        """Return the whole question, page by page."""
        views = len(schema.layout)
        question: list[list[bytes]] = [[] for _ in range(views)]
        total, fetched = None, 0
        while total is None or fetched < total:
            query = ResolutionQuery(round_id, fetched)
            page = self._context.wire.call(methods.GET_RESOLUTION_REQUESTS, query)
            rows = [(view.view, token) for view in page.rows for token in view.list_tokens()]
            total = verify_page(page.total, total, rows=len(rows), most=records * views)
            for view, token in rows:
                if view >= views:
                    raise VerificationError(
                        "the coordinator asked about a view that the schema does not have"
                    )
                question[view].append(token)
            fetched += len(rows)
        return tuple(tuple(tokens) for tokens in question)

    def _prepare(self, schema: LinkageSchema, question: Question, files: RoundFiles) -> None:
        resolved = resolve_rows(
            question,
            files.load_map(),
            # A schema of one view has nothing to resolve, so whoever asks gets nothing.
            max_share=schema.views.resolution.max_share if schema.views is not None else 0.0,
            random=secrets.SystemRandom(),
        )
        files.store_resolution(resolved)
        value = {
            "round_id": files.round_id,
            "rows": sum(map(len, question)),
            "records": len(resolved.answers),
            "answer_digest": derive_answer_digest(resolved.answers),
        }
        entry = prepare_entry(self._context, EventType.COMBINATION, "ROUND_RESOLUTION", value=value)
        self._context.store.rounds.record_question(
            files.round_id,
            derive_question_digest(question),
            log_entry=entry.entry,
            salt=(entry.object_ref, entry.salt, value),
        )

    def _log_refusal(self, round_id: str, error: ClewError) -> None:
        """Queue one entry a round that says this node refused; the next turn sends it."""
        if round_id in self._refused:
            return
        self._refused.add(round_id)
        value = {"round_id": round_id, "code": error.code}
        entry = prepare_entry(
            self._context,
            EventType.POLICY_DENY,
            "RESOLUTION_REFUSED",
            value=value,
            result=EventResult.DENIED,
        )
        self._context.store.evidence.store_salt(entry.object_ref, entry.salt, value)
        self._context.store.evidence.queue_entry(entry.entry)
