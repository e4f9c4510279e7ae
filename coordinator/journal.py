"""The coordinator's own entries in the federation's log.

Layer: coordinator. An act is logged before its effect is visible to anyone (fail closed).
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from coordinator.directory import COORDINATOR_ORGANISATION
from coordinator.transparency import TransparencyLog
from crypto.canonical import Json
from crypto.log.entry import EventResult, EventType, LogEntry, commitment
from protos.hosting.events import generate_event_id

SALT_BYTES = 32


class Journal:
    """Writes what the coordinator did, as codes and salted commitments."""

    def __init__(self, log: TransparencyLog, clock: Callable[[], datetime]) -> None:
        self._log = log
        self._clock = clock

    def record(self, event: EventType, justification: str, subject: Json, *, actor: str = "service") -> None:
        """Append an entry about a subject; the salt is discarded, so the entry never says more."""
        now = self._clock()
        self._log.append_own(
            LogEntry(
                event_id=generate_event_id(now),
                event_type=event,
                at=now,
                actor_id=actor,
                actor_org=COORDINATOR_ORGANISATION,
                recipient_ids=(),
                justification_code=justification,
                object_ref=commitment(secrets.token_bytes(SALT_BYTES), subject),
                request_ref="",
                policy_rule_ids=(),
                result=EventResult.OK,
                software_version=version("clew"),
            )
        )
