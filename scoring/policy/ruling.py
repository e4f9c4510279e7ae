"""A ruling: granted or refused, with the rules that fired and what a person can do next.

Layer: scoring, pure. A refusal is a value, not an error. Where DOMAIN P-08 is among the reasons the
public form of a refusal is exactly that of a match that does not exist, so that the answer does not
tell a covert or protected person from no person at all.

Threat: an answer that gives away whom the holder protects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crypto.errors import InputError
from scoring.policy.body import (
    body_field,
    body_object,
    choice,
    freeze_fields,
    parse_fields,
    text,
    write_fields,
)
from scoring.policy.case_file import Stage
from scoring.policy.vocabulary import DataItem


class RuleId(StrEnum):
    """Rules of DOMAIN 4.4 that are enforced here, and the table of DOMAIN 4.3."""

    P_01 = "P-01"
    P_02 = "P-02"
    P_03 = "P-03"
    P_04 = "P-04"
    P_05 = "P-05"
    P_06 = "P-06"
    P_07 = "P-07"
    P_08 = "P-08"
    P_09 = "P-09"
    P_10 = "P-10"
    P_12 = "P-12"
    P_14 = "P-14"
    P_16 = "P-16"
    P_18 = "P-18"
    DOMAIN_4_3 = "DOMAIN-4.3"


@body_object
class Reason:
    """One rule that refuses, why, and what to do next, in a sentence or two for a person."""

    rule: RuleId = body_field(choice(RuleId))
    text: str = body_field(text(20, 500))

    def __post_init__(self) -> None:
        freeze_fields(self)


NO_MATCH = Reason(
    rule=RuleId.P_04,
    text="We hold no match under this reference. Check the reference, or wait for the next linkage round.",
)
"""What is said of a match that does not exist, and of one that must not be admitted to exist."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Every rule was checked and none refuses.

    Args:
        stage: ARRIVAL grants only that the disclosing side may be asked; RELEASE grants the release.
        items: What may be disclosed: approved by every side asked so far.
        rules: The rules that were checked.
    """

    stage: Stage
    items: tuple[DataItem, ...]
    rules: tuple[RuleId, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """At least one rule refuses.

    Args:
        reasons: Every reason of every rule that fired. For the holder's own eyes: only
            :attr:`public_reasons` may leave the holder, and only they may enter a log that others read.
    """

    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise InputError("expected at least one reason for a refusal, got none")

    @property
    def rules(self) -> tuple[RuleId, ...]:
        """The rules that fired, each once."""
        return tuple(dict.fromkeys(reason.rule for reason in self.reasons))

    @property
    def public_reasons(self) -> tuple[Reason, ...]:
        """The reasons as the requester may see them (DOMAIN P-08)."""
        return (NO_MATCH,) if RuleId.P_08 in self.rules else self.reasons

    def to_public_body(self) -> dict[str, Any]:
        """Return the JSON of the public reasons, for SigningDomain.REFUSAL."""
        return {"reasons": [write_fields(reason) for reason in self.public_reasons]}


Ruling = Granted | Refused


def refuse_unknown_match() -> Refused:
    """Return the ruling on a request whose match_ref the holder does not have."""
    return Refused((NO_MATCH,))


def parse_refusal(body: Mapping[str, Any]) -> Refused:
    """Parse the public reasons that a holder sent.

    Raises:
        InputError: Other fields than ``reasons``, or a reason of another form.
    """
    if not isinstance(body, Mapping) or set(body) != {"reasons"} or not isinstance(body["reasons"], list):
        raise InputError("Refused: expected exactly one field, reasons, holding a list")
    return Refused(tuple(parse_fields(Reason, reason) for reason in body["reasons"]))
