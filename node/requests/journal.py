"""One log entry per step: written here first, then appended, then the step may happen.

Layer: node. Fail closed: a step whose entry the log did not take does not happen. The entry holds codes,
opaque ids and a salted commitment; the salt stays here. Where DOMAIN P-08 refused, the entry names only
what the requester is told, because every member can read the log.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crypto.errors import ClewError, StorageError, TransportError
from crypto.log.entry import EventResult, EventType, LogEntry, commitment, sign_entry
from node.requests.desk import Desk
from protos.hosting.events import generate_event_id
from scoring.policy.ruling import Refused

SALT_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is about to happen.

    Args:
        name: Unique and the same on every attempt.
        event_type: What kind of event it is.
        actor_id: Opaque id of the person, or of the node where it acts by itself.
        request_ref: The request's id.
        subject: What the entry commits to; not sent.
        justification_code: Code of the purpose or decision.
        recipient_ids: Who receives data.
        rules: Ids of the rules that fired.
    """

    name: str
    event_type: EventType
    actor_id: str
    request_ref: str
    subject: Mapping[str, Any]
    justification_code: str
    recipient_ids: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def log_step(desk: Desk, step: Step, *, now: datetime) -> None:
    """Return once the step's entry is durable in the log and its inclusion verified; repeatable.

    Raises:
        TransportError: The log cannot be reached; the step must not happen.
        StorageError: The log did not take the entry or did not prove that it did; the step must not
            happen.
    """
    if desk.journal.is_logged(step.name):
        return
    salt = secrets.token_bytes(SALT_BYTES)
    object_ref = commitment(salt, dict(step.subject))
    entry = desk.journal.prepare_entry(
        step.name,
        sign_entry(_make_entry(desk, step, object_ref, now=now), desk.signing_key),
        object_ref=object_ref,
        salt=salt,
        value=dict(step.subject),
    )
    try:
        desk.log.append_entry(entry)
    except TransportError:
        raise
    except ClewError as error:
        raise StorageError(
            f"the federation's log did not take the entry, so nothing was done: {error.public_message}",
            code="LOG_REFUSED",
        ) from error
    desk.journal.record_logged(step.name)


@dataclass(frozen=True, slots=True)
class Denial:
    """What was refused to whom: unique step name, actor's opaque id, the request's id or nothing."""

    name: str
    actor_id: str
    request_ref: str


def log_denial(desk: Desk, denial: Denial, *, ruling: Refused, now: datetime) -> None:
    """Log a refusal as others may know it; raises as :func:`log_step` does."""
    rules = tuple(dict.fromkeys(reason.rule.value for reason in ruling.public_reasons))
    step = Step(
        name=denial.name,
        event_type=EventType.POLICY_DENY,
        actor_id=denial.actor_id,
        request_ref=denial.request_ref,
        subject={"request_id": denial.request_ref, "rules": list(rules)},
        justification_code="REIDENTIFICATION",
        # The log knows rules by number; the authority table of DOMAIN 4.3 has none.
        rules=tuple(rule for rule in rules if rule.startswith("P-")),
    )
    log_step(desk, step, now=now)


def _make_entry(desk: Desk, step: Step, object_ref: str, *, now: datetime) -> LogEntry:
    denied = step.event_type is EventType.POLICY_DENY
    return LogEntry(
        event_id=generate_event_id(now),
        event_type=step.event_type,
        at=now,
        actor_id=step.actor_id,
        actor_org=desk.member,
        recipient_ids=step.recipient_ids,
        justification_code=step.justification_code,
        object_ref=object_ref,
        request_ref=step.request_ref,
        policy_rule_ids=step.rules,
        result=EventResult.DENIED if denied else EventResult.OK,
        software_version=desk.software_version,
    )
