"""Requests, refusals and packages as text for a terminal.

Layer: node, pure. Says in words what :mod:`node.requests.case_view` holds. What people wrote is escaped,
so that it cannot pose as part of the program's own words.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from crypto.canonical import parse_time
from node.match_text import STYLES
from scoring.policy.disclosure import Disclosure
from scoring.policy.vocabulary import Decision
from scoring.risk.bands import RiskBand
from scoring.risk.phia import show_probability

_FIRST = ("given_names", "surname", "date_of_birth", "reference", "date", "offence", "offence_code", "role")


_NEXT = {
    "DRAFTED": "clew-node request approve {id} --home {home} --as YOUR.key --reason-file WHY.txt; "
    "with --decision REFUSE to refuse",
    "AWAITING_APPROVAL": "clew-node inbox show {id} --home {home} --as YOUR.key, then "
    "clew-node request approve {id} --home {home} --as YOUR.key --reason-file WHY.txt; "
    "with --decision REFUSE to refuse",
    "APPROVED": "clew-node inbox release {id} --home {home} --as YOUR.key",
    "DISCLOSED": "the officer who asked: clew-node disclosure open {id} --home {home} --as YOUR.key",
}


def describe_line(listed: Mapping[str, Any]) -> str:
    """Return one request of a list."""
    refused = f" by {', '.join(listed['refused_by'])}" if listed["refused_by"] else ""
    return (
        f"[bold]{listed['request_id']}[/]  {listed['counterpart']}\n"
        f"    {listed['meaning']}{refused}  [dim]({_moment(listed['changed_at'])})[/]"
    )


def describe_next(listed: Mapping[str, Any], *, home: Path, is_requesting: bool) -> str | None:
    """Return the whole command that comes next at this member; None where it only waits.

    Args:
        listed: The request, as one of a list.
        home: The node's home, as it was typed.
        is_requesting: Whether this member asks. Where it holds, a disclosed request is done.
    """
    if listed["state"] == "DISCLOSED" and not is_requesting:
        return None
    words = _NEXT.get(listed["state"])
    return words.format(id=listed["request_id"], home=home) if words else None


def describe_case(shown: Mapping[str, Any]) -> str:
    """Return a request as a block of lines."""
    return "\n".join(_list_lines(shown))


def describe_reasons(reasons: Sequence[Mapping[str, str]]) -> str:
    """Return each reason of a refusal with its rule."""
    return "\n".join(
        f"  [bold red]{reason['rule']:<13}[/]  {_quote(reason['reason'])}\n"
        f"  [dim]{'rule':<13}  {reason['demands']}[/]"
        for reason in reasons
    )


def describe_disclosure(disclosure: Disclosure) -> str:
    """Return an opened package, with how it may be used."""
    lines = [
        f"[bold]Disclosed by {disclosure.discloser_org}[/] ({disclosure.discloser_person_id}) to "
        f"{disclosure.recipient_org} ({', '.join(disclosure.recipient_person_ids)}), "
        f"{disclosure.disclosed_at:%d %B %Y %H:%M} UTC",
        f"  marking         {disclosure.gsc_marking}; handling code {disclosure.handling_code}; "
        f"{disclosure.fact_opinion_label}; the person is a {disclosure.subject_category} here",
        f"  use             {_quote(disclosure.purpose_limit)}",
        f"  keep until      {disclosure.retain_until:%d %B %Y} at the latest outside your own records",
        "",
        *describe_items({str(item): content for item, content in disclosure.items.items()}),
    ]
    return "\n".join(lines)


def describe_items(items: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of each item of a record or package."""
    for name, content in items.items():
        yield f"[bold]{name.replace('_', ' ').lower()}[/]"
        entries = content if isinstance(content, list) else [content]
        yield from (f"  {_describe_entry(entry)}" for entry in entries)
        if not entries:
            yield "  none recorded"


def _list_lines(shown: Mapping[str, Any]) -> Iterator[str]:
    asks = shown["requester"]
    yield f"[bold]Request {shown['request_id']}[/] with {shown['counterpart']}: {shown['meaning']}"
    yield (
        f"  asked by        {asks['person']} ({asks['role']}, {_quote(asks['rank'])}) of {asks['member']}, "
        f"supervisor {_quote(asks['supervisor'])}"
    )
    yield f"  case            {_quote(shown['case_ref'])}, match {shown['match_ref']}"
    yield (
        f"  purpose         {shown['le_purpose'] or '-'}; regime {shown['regime']}; basis "
        f"{shown['lawful_basis']}; condition {shown['sensitive_condition']}; "
        f"power {', '.join(shown['gateway'])}"
    )
    yield f"  for             {', '.join(shown['intended_action'])}; urgency {shown['urgency']}"
    yield f"  asks for        {', '.join(shown['data_items_requested'])}"
    yield f"  tried first     {', '.join(shown['less_intrusive_tried'])}"
    yield f"  victim's view   {shown['victim_views']}"
    for label, name in (
        ("risk to whom", "risk"),
        ("necessity", "necessity"),
        ("proportionate", "proportionality"),
    ):
        yield f"  {label:<14}  {_quote(shown[f'{name}_statement'])}"
    yield f"  expires         {_moment(shown['expires_at'])}"
    yield from _list_values(shown["values"])
    for approval in shown["approvals"]:
        yield (
            f"  {approval['side'].lower():<14}  {_decision(approval)} by {approval['approver_id']} "
            f"({approval['approver_role']}): {_quote(approval['reason'])}"
        )
    yield f"  would go out    {', '.join(shown['to_be_disclosed']) or 'nothing'}"
    if shown["refusal"]:
        yield describe_reasons(shown["refusal"])


def _list_values(values: Mapping[str, Any] | None) -> Iterator[str]:
    if values is None:
        yield "  figures         the match is no longer held here"
        return
    band = RiskBand(values["band_if_true"])
    lower, upper = values["interval"]
    yield (
        f"  likelihood      {values['likelihood']} ({show_probability(values['probability'])}, "
        f"{values['probability_kind']}; analytical confidence {values['analytical_confidence']})"
    )
    yield (
        f"  risk            [{STYLES[band]}]{band.replace('_', ' ')}[/] {values['score_if_true']} if "
        f"linked (interval {lower} to {upper} before de-duplication), {values['score_if_false']} if not, "
        f"expected {values['expected_score']}"
    )
    if values["juvenile"]:
        yield "  note            the subject may be under 18: juvenile route"


def _describe_entry(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return _quote(str(entry))
    # A signed package has its fields in canonical order; people read the name first.
    names = sorted(entry, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return _quote("; ".join(f"{name.replace('_', ' ')}: {_word(entry[name])}" for name in names))


def _decision(approval: Mapping[str, Any]) -> str:
    refuses = approval["decision"] == Decision.REFUSE
    until = "" if refuses else f", valid until {_moment(approval['valid_until'])},"
    return f"{approval['decision']}{until}"


def _moment(text: str) -> str:
    return f"{parse_time(text):%d %B %Y %H:%M} UTC"


def _word(value: Any) -> str:
    return "not recorded" if value is None or value == "" else str(value)


def _quote(text: str) -> str:
    """Return what somebody wrote as one line without markup: a second line could pose as the program's."""
    return escape(" ".join(text.split()))
