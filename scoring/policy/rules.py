"""The rules of re-identification, in one table, and the decision that applies all of them.

Layer: scoring, pure. Deny by default: a request is granted only when every rule of :data:`RULES` was
checked and none yields a reason. The holder's node decides twice: when a request arrives with the
requesting side's approval, and again, with both approvals and the prepared disclosure, immediately
before release. The coordinator decides nothing.

Source: DOMAIN 4.3 and 4.4.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from scoring.policy import match_rules, people_rules, release_rules
from scoring.policy.case_file import CaseFile
from scoring.policy.ruling import Granted, Reason, Refused, RuleId, Ruling


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it demands, in one line, and the function that yields what is wrong."""

    text: str
    check: Callable[[CaseFile], Iterator[str]]


RULES: Mapping[RuleId, Rule] = {
    RuleId.P_01: Rule(
        "Nothing is disclosed without a recorded human decision on this exact request.",
        people_rules.check_human_decision,
    ),
    RuleId.P_02: Rule(
        "Requester, supervisor and approvers are different people; the two sides are different members.",
        people_rules.check_different_people,
    ),
    RuleId.P_03: Rule(
        "Nobody who investigates or has a connection to the case approves.",
        people_rules.check_no_conflict,
    ),
    RuleId.P_04: Rule(
        "The request is about a match of these two members that is at most 30 days old.",
        match_rules.check_match,
    ),
    RuleId.P_05: Rule(
        "The link is strong and the risk is high, by the holder's own figures.",
        match_rules.check_link_and_risk,
    ),
    RuleId.P_06: Rule(
        "What is disclosed was approved, and what was approved was requested.",
        release_rules.check_items,
    ),
    RuleId.P_07: Rule(
        "The legal powers cited bind this discloser and reach the data asked for.",
        match_rules.check_gateway,
    ),
    RuleId.P_08: Rule(
        "Covert, protected and code C records never leave and are never admitted to exist.",
        match_rules.check_concealment,
    ),
    RuleId.P_09: Rule(
        "An approval lives 72 hours, a request 14 days, a package 28 days.",
        release_rules.check_lifetimes,
    ),
    RuleId.P_10: Rule(
        "A match and a pair of approvals are used for one disclosure.",
        release_rules.check_single_use,
    ),
    RuleId.P_12: Rule(
        "A threat to life is not handled as routine; its own path does not exist yet.",
        match_rules.check_urgency,
    ),
    RuleId.P_14: Rule(
        "Children under 10 never; under 18 needs Superintendents and excludes adult-only actions.",
        people_rules.check_children,
    ),
    RuleId.P_16: Rule(
        "A person is asked about only in the role in which the match was found.",
        match_rules.check_role_view,
    ),
    RuleId.P_18: Rule(
        "A police request has a law enforcement purpose from the list, and immigration is not on it.",
        match_rules.check_purpose,
    ),
    RuleId.DOMAIN_4_3: Rule(
        "Each approver holds an office that may approve this kind of case.",
        people_rules.check_authority,
    ),
}
"""Every rule that a request is judged by; a test holds this table to :class:`RuleId`."""

ELSEWHERE: Mapping[str, str] = {
    "P-11": "rate limits need a count of earlier requests; not enforced yet",
    "P-13": "recall after a wrong person starts from a disclosure's outcome; not built yet",
    "P-15": "which events enter a perpetrator score is decided where events are scored",
    "P-17": "which events enter a perpetrator score is decided where events are scored",
    "P-19": "whom a partner alert reaches first is routing in the partner's node; not built yet",
    "P-20": "changes of weights and rules arrive as a new signed agreement",
    "P-21": "bounds on a member's own use need counts and its submission log; not enforced yet",
}
"""Rules of DOMAIN 4.4 that no single case file can decide, and why."""


def decide_request(file: CaseFile) -> Ruling:
    """Return the ruling on a case file: granted, or refused with every reason of every rule.

    Granted at ARRIVAL means only that the disclosing side may be asked; release needs a Granted whose
    ``stage`` is RELEASE. What leaves the holder of a Refused is its public form only.
    """
    reasons = tuple(
        Reason(rule=rule_id, text=sentence)
        for rule_id, rule in RULES.items()
        for sentence in dict.fromkeys(rule.check(file))
    )
    if reasons:
        return Refused(reasons)
    return Granted(file.stage, release_rules.find_releasable_items(file), tuple(RULES))
