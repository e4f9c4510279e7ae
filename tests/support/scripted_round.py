"""A round between three scripted members whose people are known, step by step."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from protos import methods
from protos.channel import Channel
from protos.messages import (
    TOKEN_BYTES,
    MemberResults,
    Nothing,
    Resolution,
    ResolutionBatch,
    ResolutionQuery,
    RoundAnnouncement,
    RoundOpening,
    RoundReference,
    RoundState,
    RoundStatus,
    SubmissionReceipt,
    SummaryAnswer,
    SummaryBatch,
    ViewRow,
)
from tests.support.coordinator_process import CoordinatorProcess, wait_until
from tests.support.people import invent_people
from tests.support.scripted_member import ScriptedMember, Upload, make_assault, make_upload, make_view_upload

# Essex holds 0-39, Kent 34-73, the partner agency 38-57: 34-37 are Essex's and Kent's, 38 and 39 everyone's,
# 40-57 Kent's and the partner's.
HOLDINGS = {"essex": (40, 0), "kent": (40, 34), "care": (20, 38)}
SHARED_BY_ESSEX_AND_KENT = range(34, 40)
SHARED_BY_ALL = range(38, 40)
LONG_OPENING = RoundOpening(600, 600, 600, 600)


@dataclass
class ScriptedRound:
    """One open round with each member's upload prepared.

    ``tokens`` are the record tokens in the order of the people, ``owners`` say whose a row of a view is.
    """

    process: CoordinatorProcess
    members: Mapping[str, ScriptedMember]
    announced: RoundAnnouncement
    uploads: dict[str, Upload] = field(default_factory=dict)
    tokens: dict[str, list[bytes]] = field(default_factory=dict)
    owners: dict[str, list[dict[bytes, int]]] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        process: CoordinatorProcess,
        members: Mapping[str, ScriptedMember],
        opening: RoundOpening = LONG_OPENING,
    ) -> "ScriptedRound":
        with process.connect_operator() as operator:
            operator.call(methods.OPEN_ROUND, opening)
            announced = operator.call(methods.GET_ROUND, Nothing())
        new, round_key = cls(process, members, announced), secrets.token_bytes(32)
        for name, (count, skip) in HOLDINGS.items():
            people = invent_people(count, skip=skip)
            if process.schema.views is None:
                new.uploads[name], new.tokens[name] = make_upload(announced, people, round_key=round_key)
                continue
            new.uploads[name], new.owners[name] = make_view_upload(
                announced, people, process.schema, round_key=round_key
            )
            new.tokens[name] = [secrets.token_bytes(TOKEN_BYTES) for _ in people]
        return new

    @property
    def reference(self) -> RoundReference:
        return RoundReference(self.announced.round_id)

    def connect(self, name: str) -> Channel:
        authority_pem = self.process.authority.certificate_pem
        return self.members[name].connect(self.process.member_target, authority_pem)

    @contextmanager
    def connect_all(self) -> Iterator[dict[str, Channel]]:
        with ExitStack() as stack:
            yield {name: stack.enter_context(self.connect(name)) for name in self.members}

    def token_of(self, name: str, number: int) -> bytes:
        """Return a member's record token for person ``number``."""
        return self.tokens[name][number - HOLDINGS[name][1]]

    def call(self, name: str, method: methods.Method[Any, Any], request: Any) -> Any:
        with self.connect(name) as channel:
            return channel.call(method, request)

    def submit(self, name: str, upload: Upload | None = None) -> SubmissionReceipt:
        with self.connect(name) as channel:
            return channel.upload(methods.SUBMIT, (upload or self.uploads[name]).parts(), deadline_s=30)

    def get_status(self) -> RoundStatus:
        with self.process.connect_operator() as operator:
            return operator.call(methods.GET_ROUND_STATUS, self.reference)

    def wait_for(self, *states: RoundState) -> RoundStatus:
        """Return the status as soon as the round is in one of the states."""

        def find() -> RoundStatus | None:
            status = self.get_status()
            return status if status.state in states else None

        status: RoundStatus = wait_until(find, what=f"a round in state {' or '.join(states)}")
        return status

    def fetch_question(self, name: str) -> list[ViewRow]:
        """Return every row that a member is asked to resolve."""
        rows: list[ViewRow] = []
        while True:
            query = ResolutionQuery(self.announced.round_id, len(rows))
            page = self.call(name, methods.GET_RESOLUTION_REQUESTS, query)
            rows += [ViewRow(view.view, token) for view in page.rows for token in view.list_tokens()]
            if len(rows) >= page.total:
                return rows

    def make_resolutions(self, name: str) -> tuple[Resolution, ...]:
        """Return what a member truthfully says of the rows it is asked about."""
        rows: dict[int, list[ViewRow]] = {}
        for row in self.fetch_question(name):
            rows.setdefault(self.owners[name][row.view][row.token], []).append(row)
        return tuple(Resolution(self.tokens[name][person], tuple(own)) for person, own in rows.items())

    def resolve(self, name: str, answers: tuple[Resolution, ...] | None = None) -> None:
        answers = self.make_resolutions(name) if answers is None else answers
        self.call(name, methods.SEND_RESOLUTIONS, ResolutionBatch(self.announced.round_id, answers))

    def make_answers(self, name: str) -> tuple[SummaryAnswer, ...]:
        """Return a signed summary for each token asked of a member."""
        asked = self.call(name, methods.GET_SUMMARY_REQUESTS, self.reference).tokens
        opened = self.announced.opened_at.date()
        member = self.members[name]
        events = [] if name == "care" else [make_assault(age_days=40, incident=f"{name}/1", on=opened)]
        month = opened.replace(day=1)
        return tuple(
            member.sign_summary(events, round_id=self.announced.round_id, token=token, as_of_month=month)
            for token in asked
        )

    def answer(self, name: str, answers: tuple[SummaryAnswer, ...] | None = None) -> None:
        batch = SummaryBatch(self.announced.round_id, self.make_answers(name) if answers is None else answers)
        self.call(name, methods.SEND_SUMMARIES, batch)

    def collect(self, name: str) -> MemberResults:
        results: MemberResults = self.call(name, methods.GET_RESULTS, self.reference)
        return results

    def finish(self) -> None:
        """Go from whatever stage everyone has submitted in to a closed round."""
        if self.process.schema.views is not None:
            self.wait_for(RoundState.RESOLVING)
            for name in self.members:
                self.resolve(name)
        self.wait_for(RoundState.ASSESSING)
        for name in self.members:
            self.answer(name)
        self.wait_for(RoundState.PUBLISHED)
        for name in self.members:
            self.call(name, methods.ACKNOWLEDGE_RESULTS, self.reference)
        self.wait_for(RoundState.CLOSED)
