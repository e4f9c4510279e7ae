"""A linkage round as a pure state machine: open, match, resolve, link, assess, publish, close.

Layer: coordinator, pure. Each function takes a round and returns the next one or raises; what must be
stored, matched or erased in between is the conductor's job. Rules: digests and key epochs never mix;
nothing is accepted late or twice with other content; a member that stays silent delays a round only
until its deadline (DOMAIN F07).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crypto.agreement import Agreement
from crypto.canonical import format_time, parse_time
from crypto.errors import InputError, StateError
from protos.messages import (
    MemberProgress,
    RoundAnnouncement,
    RoundOpening,
    RoundState,
    RoundStatus,
    SubmissionHeader,
)

ROLE_VIEW = "PERPETRATOR"
MAX_RECORDS = 5_000_000  # the largest force has about a tenth of this; bounds what one upload can fill
MAX_BATCHES = 200  # a batch every 15 minutes for two days; bounds what one member makes matching open
MIN_SUBMISSIONS = 2  # fewer have nobody to be matched with


class Step(StrEnum):
    """What the conductor has to do next."""

    WAIT = "WAIT"
    MATCH = "MATCH"
    LINK = "LINK"
    PUBLISH = "PUBLISH"
    CLOSE = "CLOSE"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Batch:
    """One durable batch of a submission: how many records, dummies included, and its content digest."""

    records: int
    content_digest: str


@dataclass(frozen=True, slots=True)
class Participation:
    """One member's part in a round; without a batch nothing has been submitted.

    Attributes:
        batches: What is durable of its submission, in order.
        rows_asked: How many of its rows it is asked to resolve, over all views.
        records_resolved: How many records it has resolved rows to so far.
        resolved, answered, collected: Whether it has done what each stage asks.
    """

    batches: tuple[Batch, ...] = ()
    rows_asked: int = 0
    records_resolved: int = 0
    resolved: bool = False
    answered: bool = False
    collected: bool = False

    @property
    def submitted(self) -> bool:
        """Whether a complete submission is durable."""
        return bool(self.batches)

    @property
    def records(self) -> int:
        """Records submitted in all batches, dummies included."""
        return sum(batch.records for batch in self.batches)


@dataclass(frozen=True, slots=True)
class Round:
    """One linkage round; ``stage_until`` is the deadline of the present state."""

    round_id: str
    number: int
    state: RoundState
    agreement_digest: str
    schema_digest: str
    weights_version: str
    key_epoch: int
    opened_at: datetime
    stage_until: datetime
    resolve_for_s: int
    assess_for_s: int
    collect_for_s: int
    members: Mapping[str, Participation]
    candidate_pairs: int = 0
    clusters: int = 0
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether everything of the round is erased."""
        return self.state in (RoundState.CLOSED, RoundState.FAILED)

    @property
    def participants(self) -> tuple[str, ...]:
        """The members whose submissions take part, by name."""
        return tuple(sorted(name for name, part in self.members.items() if part.submitted))


def require_idle(latest: Round | None) -> None:
    """Check that no round is running; raises :class:`StateError` when one is."""
    if latest is not None and not latest.is_over:
        raise StateError(
            f"round {latest.number} is still {latest.state.value}; wait until it has closed",
            code="ROUND_RUNNING",
        )


def open_round(
    opening: RoundOpening, agreement: Agreement, *, number: int, round_id: str, now: datetime
) -> Round:
    """Return a new open round under an agreement."""
    return Round(
        round_id=round_id,
        number=number,
        state=RoundState.OPEN,
        agreement_digest=agreement.digest,
        schema_digest=agreement.schema_digest,
        weights_version=agreement.weights_version,
        key_epoch=agreement.key_epoch,
        opened_at=now,
        stage_until=now + timedelta(seconds=opening.submit_for_s),
        resolve_for_s=opening.resolve_for_s,
        assess_for_s=opening.assess_for_s,
        collect_for_s=opening.collect_for_s,
        members={member.name: Participation() for member in agreement.members},
    )


def verify_header(current: Round, member: str, header: SubmissionHeader, *, now: datetime) -> bool:
    """Check that a batch fits the round; return whether exactly it is durable already.

    Raises:
        StateError: The round is another or not open, the deadline has passed, a digest or the key epoch
            differs, the member does not take part, or it has already submitted other content as this batch.
        InputError: The record count is out of bounds, or an earlier batch is missing.
    """
    part = _get_participation(current, member)
    if header.round_id != current.round_id:
        raise StateError("this round is over or unknown; fetch the current round", code="STALE_ROUND")
    if _is_durable(part, header.batch, header.content_digest):
        return True
    if current.state is not RoundState.OPEN or now > current.stage_until:
        raise _too_late()
    _require_next_batch(part, header.batch)
    _verify_digests(current, header)
    if not 1 <= header.record_count <= MAX_RECORDS - part.records:
        raise InputError(f"field record_count: expected 1 to {MAX_RECORDS} in all batches together")
    return False


def _is_durable(part: Participation, number: int, content_digest: str) -> bool:
    return number < len(part.batches) and part.batches[number].content_digest == content_digest


def _require_next_batch(part: Participation, number: int) -> None:
    if number < len(part.batches):
        raise StateError(
            "other content was already submitted for this round; it stands until the next round",
            code="ALREADY_SUBMITTED",
        )
    if number > len(part.batches) or number >= MAX_BATCHES:
        raise InputError(
            f"field batch: expected {len(part.batches)}, the next, and at most {MAX_BATCHES} in a round",
            code="BATCH_ORDER",
        )


def _verify_digests(current: Round, header: SubmissionHeader) -> None:
    pairs = (
        ("linkage schema", header.schema_digest, current.schema_digest, "SCHEMA_MISMATCH"),
        ("agreement", header.agreement_digest, current.agreement_digest, "AGREEMENT_MISMATCH"),
    )
    for name, got, expected, code in pairs:
        if got != expected:
            raise StateError(
                f"expected {name} {expected[:16]}, got {got[:16]}; fetch the agreement and encode again",
                code=code,
            )
    if header.key_epoch != current.key_epoch:
        raise StateError(
            f"expected key epoch {current.key_epoch}, got {header.key_epoch}; wait for the custodian's key",
            code="EPOCH_MISMATCH",
        )


def record_batch(current: Round, member: str, number: int, batch: Batch) -> Round:
    """Return the round with a member's durable batch; two uploads at once cannot both count.

    Raises:
        StateError: Submissions are closed, or other content has been recorded meanwhile.
    """
    part = _get_participation(current, member)
    if _is_durable(part, number, batch.content_digest):
        return current
    if current.state is not RoundState.OPEN:
        raise _too_late()
    _require_next_batch(part, number)
    return _with_member(current, member, lambda part: replace(part, batches=(*part.batches, batch)))


def decide_step(current: Round, *, now: datetime) -> Step:
    """Return what is to be done next: when everyone is done, or when the deadline has passed."""
    late = now > current.stage_until
    parts = [part for part in current.members.values() if part.submitted]
    match current.state:
        case RoundState.OPEN if len(parts) == len(current.members) or late:
            return Step.MATCH if len(parts) >= MIN_SUBMISSIONS else Step.FAIL
        case RoundState.MATCHING:
            return Step.MATCH  # only seen after a restart: matching is repeated from the segments
        case RoundState.RESOLVING if all(part.resolved for part in parts) or late:
            return Step.LINK
        case RoundState.LINKING:
            return Step.LINK  # only seen after a restart: linking is repeated from what is durable
        case RoundState.ASSESSING if all(part.answered for part in parts) or late:
            return Step.PUBLISH
        case RoundState.PUBLISHED if all(part.collected for part in parts) or late:
            return Step.CLOSE
        case _:
            return Step.WAIT


def begin_matching(current: Round) -> Round:
    """Return the round closed to submissions."""
    _require_state(current, RoundState.OPEN, RoundState.MATCHING)
    return replace(current, state=RoundState.MATCHING)


def record_comparison(current: Round, *, asked: Mapping[str, int], now: datetime) -> Round:
    """Return the round asking members which rows are one record.

    Args:
        current: The round.
        asked: How many rows each member is asked about; one that is asked nothing has resolved everything.
        now: The time.
    """
    _require_state(current, RoundState.MATCHING)
    members = {
        name: replace(part, rows_asked=asked.get(name, 0), resolved=not asked.get(name, 0))
        for name, part in current.members.items()
    }
    return replace(
        current,
        state=RoundState.RESOLVING,
        stage_until=now + timedelta(seconds=current.resolve_for_s),
        members=members,
    )


def record_resolutions(current: Round, member: str, *, records: int, complete: bool) -> Round:
    """Return the round with what a member has resolved so far: how many records, and whether that is all."""
    _require_state(current, RoundState.RESOLVING)
    return _with_member(
        current, member, lambda part: replace(part, records_resolved=records, resolved=complete)
    )


def begin_linking(current: Round) -> Round:
    """Return the round with every answer in that counts; what is not resolved now drops out."""
    _require_state(current, RoundState.MATCHING, RoundState.RESOLVING, RoundState.LINKING)
    return replace(current, state=RoundState.LINKING)


def record_clusters(
    current: Round, *, clusters: int, candidate_pairs: int, asked: frozenset[str], now: datetime
) -> Round:
    """Return the round asking for summaries; members with nothing to answer count as having answered."""
    _require_state(current, RoundState.LINKING)
    members = {name: replace(part, answered=name not in asked) for name, part in current.members.items()}
    return replace(
        current,
        state=RoundState.ASSESSING,
        stage_until=now + timedelta(seconds=current.assess_for_s),
        members=members,
        clusters=clusters,
        candidate_pairs=candidate_pairs,
    )


def record_answers(current: Round, member: str) -> Round:
    """Return the round with a member's summaries complete."""
    _require_state(current, RoundState.ASSESSING)
    return _with_member(current, member, lambda part: replace(part, answered=True))


def publish(current: Round, *, now: datetime) -> Round:
    """Return the round with results waiting."""
    _require_state(current, RoundState.ASSESSING)
    return replace(
        current,
        state=RoundState.PUBLISHED,
        stage_until=now + timedelta(seconds=current.collect_for_s),
    )


def record_collection(current: Round, member: str) -> Round:
    """Return the round with a member's results collected."""
    _require_state(current, RoundState.PUBLISHED)
    return _with_member(current, member, lambda part: replace(part, collected=True))


def close(current: Round) -> Round:
    """Return the round closed."""
    _require_state(current, RoundState.PUBLISHED)
    return replace(current, state=RoundState.CLOSED)


def fail(current: Round, reason: str) -> Round:
    """Return the round ended without results; ``reason`` is a code."""
    if current.is_over:
        raise StateError("the round is over")
    return replace(current, state=RoundState.FAILED, failure=reason)


def announce(current: Round) -> RoundAnnouncement:
    """Return what members are told."""
    return RoundAnnouncement(
        round_id=current.round_id,
        number=current.number,
        state=current.state,
        role_view=ROLE_VIEW,
        agreement_digest=current.agreement_digest,
        schema_digest=current.schema_digest,
        weights_version=current.weights_version,
        key_epoch=current.key_epoch,
        opened_at=current.opened_at,
        submit_until=current.stage_until if current.state is RoundState.OPEN else current.opened_at,
    )


def report(current: Round) -> RoundStatus:
    """Return what the operator is told: counts only."""
    members = tuple(_report_member(name, part) for name, part in sorted(current.members.items()))
    return RoundStatus(
        round_id=current.round_id,
        number=current.number,
        state=current.state,
        members=members,
        candidate_pairs=current.candidate_pairs,
        clusters=current.clusters,
        failure=current.failure,
    )


def _report_member(name: str, part: Participation) -> MemberProgress:
    return MemberProgress(
        member=name,
        records=part.records,
        submitted=part.submitted,
        answered=part.submitted and part.answered,
        collected=part.collected,
        rows_asked=part.rows_asked,
        records_resolved=part.records_resolved,
        resolved=part.submitted and part.resolved,
    )


_TIMES = ("opened_at", "stage_until")
_PLAIN = [
    "round_id",
    "number",
    "agreement_digest",
    "schema_digest",
    "weights_version",
    "key_epoch",
    "resolve_for_s",
    "assess_for_s",
    "collect_for_s",
    "candidate_pairs",
    "clusters",
    "failure",
]


def to_body(current: Round) -> dict[str, Any]:
    """Return the round as JSON for the store."""
    body = {name: getattr(current, name) for name in _PLAIN}
    body |= {name: format_time(getattr(current, name)) for name in _TIMES}
    body["state"] = current.state.value
    body["members"] = {name: asdict(part) for name, part in current.members.items()}
    return body


def from_body(body: Mapping[str, Any]) -> Round:
    """Return the round that :func:`to_body` wrote."""
    values = {name: body[name] for name in _PLAIN} | {name: parse_time(body[name]) for name in _TIMES}
    members = {name: _read_member(part) for name, part in body["members"].items()}
    return Round(**values, state=RoundState(body["state"]), members=members)


def _read_member(body: Mapping[str, Any]) -> Participation:
    return Participation(**{**body, "batches": tuple(Batch(**batch) for batch in body["batches"])})


def _too_late() -> StateError:
    return StateError("submissions are closed for this round; wait for the next", code="TOO_LATE")


def _get_participation(current: Round, member: str) -> Participation:
    if member not in current.members:
        raise StateError("this member is not in the round's agreement", code="NOT_A_PARTICIPANT")
    return current.members[member]


def _with_member(current: Round, member: str, change: Callable[[Participation], Participation]) -> Round:
    changed = change(_get_participation(current, member))
    return replace(current, members={**current.members, member: changed})


def _require_state(current: Round, *allowed: RoundState) -> None:
    if current.state not in allowed:
        wanted = " or ".join(state.value for state in allowed)
        raise StateError(f"expected a round in state {wanted}, got {current.state.value}", code="WRONG_STAGE")
