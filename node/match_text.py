"""Matches and scores as text for a terminal.

Layer: node, pure. Says in words what :mod:`node.match_view` holds; plain sentences, one match a block.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from node.match_view import MatchView
from scoring.risk.areas import ThreatArea
from scoring.risk.bands import RiskBand
from scoring.risk.phia import show_probability
from scoring.risk.rfgv import RiskScore

STYLES = {
    RiskBand.VERY_HIGH: "bold white on red",
    RiskBand.HIGH: "bold red",
    RiskBand.MEDIUM: "yellow",
    RiskBand.STANDARD: "green",
}
THREAT_WORDS = {
    ThreatArea.DOMESTIC_ABUSE: "domestic abuse",
    ThreatArea.RASSO: "rape or serious sexual offences",
    ThreatArea.CHILD_SEXUAL_ABUSE: "child sexual abuse",
    ThreatArea.MODERN_SLAVERY: "modern slavery",
    ThreatArea.HONOUR_BASED_ABUSE: "honour-based abuse",
    ThreatArea.STALKING_HARASSMENT: "stalking or harassment",
    ThreatArea.ADULT_SEXUAL_EXPLOITATION: "adult sexual exploitation",
    ThreatArea.TECH_ENABLED: "technology-enabled abuse",
    ThreatArea.SPACE: "in a public place",
    ThreatArea.SPIKING: "spiking",
    ThreatArea.INCELS: "incel ideology",
}
"""Every threat area in words: who reads a queue at half past six does not look an acronym up."""


def select_views(
    views: Sequence[MatchView], *, least_band: RiskBand | None = None, top: int | None = None
) -> tuple[MatchView, ...]:
    """Return the first matches of a queue, or of those at a band or above; the order stays.

    Args:
        views: Matches, most pressing first.
        least_band: Lowest band if linked to keep. One that is not assessed has no band and is left out.
        top: How many to keep at most.
    """
    order = list(RiskBand)
    if least_band is not None:
        worst = order.index(least_band)
        views = [view for view in views if view.is_assessed and order.index(view.band_if_linked) <= worst]
    return tuple(views[:top])


def describe_queue(views: Sequence[MatchView]) -> str:
    """Return how many matches there are, and how many of each band if linked."""
    counts = Counter(view.band_if_linked for view in views if view.is_assessed)
    bands = [f"{counts[band]} {band.value.replace('_', ' ')}" for band in RiskBand if counts[band]]
    unassessed = len(views) - counts.total()
    parts = [*bands, *([f"{unassessed} not assessed"] if unassessed else [])]
    count = f"{len(views)} match{'' if len(views) == 1 else 'es'}"
    return f"{count}, most pressing first; if linked: {', '.join(parts)}" if views else count


def describe_match_briefly(view: MatchView) -> str:
    """Return a match as one line of a queue: band and score if linked, likelihood, where, own record."""
    linked = "not assessed  "
    if view.is_assessed:
        band = view.band_if_linked.value.replace("_", " ")
        linked = f"[{STYLES[view.band_if_linked]}]{band:<9}[/] {view.values.score_if_true:4.1f}"
    own = view.match.nominal_ids
    more = f" and {len(own) - 1} more" if len(own) > 1 else ""
    return (
        f"{linked}  {view.likelihood.text} ({show_probability(view.values.probability)})  "
        f"{view.match.counterpart}  {escape(own[0])}{more}"
    )


def describe_match(view: MatchView, *, scores_own: bool) -> str:
    """Return a match as a block of marked-up lines.

    Args:
        view: The match.
        scores_own: Whether this member scores its own events; a partner agency does not.
    """
    match, values = view.match, view.values
    lines = [
        f"[bold]{match.counterpart}[/] also knows the person of your record {_join(match.nominal_ids)}",
        f"  likelihood   {view.likelihood.text} ({show_probability(values.probability)}, "
        f"{values.kind.value}; analytical confidence {view.likelihood.confidence.value})",
    ]
    if scores_own:
        lines.append(
            f"  before       {_band(view.own.band)} {view.own.score:.1f}, from your own records alone"
        )
        lines += [f"               {line}" for line in describe_reasons(view.own)]
    linked = (
        f"{_band(view.band_if_linked)} {values.score_if_true:.1f} "
        f"(interval {values.interval.lower:.1f} to {values.interval.upper:.1f} before incidents are "
        "de-duplicated)"
    )
    if not view.is_assessed:
        linked = "not assessed: this member has not released its contact"
    lines += [
        f"  if linked    {linked}",
        f"  expected     {values.expected:.1f} over both possibilities"
        if scores_own and view.is_assessed
        else "",
        f"  elsewhere    {_elsewhere(view)}",
        "  note         the subject may be under 18: juvenile route" if match.juvenile else "",
        "  note         placeholder offence weights acted; not for live decisions"
        if view.has_placeholder_weights
        else "",
        f"  reference    {match.match_ref} (round {match.round_number}, {match.published_at:%d %B %Y})",
    ]
    return "\n".join(line for line in lines if line)


def describe_reasons(score: RiskScore) -> list[str]:
    """Return the components of a score and the offences that contribute most."""
    parts = score.components
    first = (
        f"recency {parts.recency:.0f}, frequency {parts.frequency:.0f}, gravity {parts.gravity:.0f}, "
        f"victims {abs(parts.victims):.0f}"
    )
    top = "; ".join(
        f"{'+'.join(share.codes)} {_days(share.age_days)} ago: {share.points:.1f} points"
        for share in score.contributions[:3]
    )
    override = ["a first high-harm event sets the band to at least HIGH"] if score.rule_override else []
    return [first, *([top] if top else []), *override]


def describe_explanation(explained: dict[str, Any]) -> str:
    """Return a person's own score with every share, as lines."""
    parts = explained["components"]
    lines = [
        f"{explained['band']} {explained['score']} on {explained['as_of']} for record "
        f"{_join(explained['nominal_ids'])}; a ranking index, not a probability",
        f"  recency {parts['recency']}, frequency {parts['frequency']}, gravity {parts['gravity']}, "
        f"victims {parts['victims']}",
        *(
            f"  {'+'.join(share['codes'])}, {_days(share['age_days'])} ago: {share['points']} points"
            for share in explained["contributions"]
        ),
        f"  weights {explained['weights_scale']} {explained['weights_version'][:16]}: "
        f"{explained['weights_status']}",
    ]
    return "\n".join(lines)


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _join(nominal_ids: Sequence[str]) -> str:
    return escape(", ".join(nominal_ids))  # an id of the member's own system may hold a bracket


def _band(band: RiskBand) -> str:
    return f"[{STYLES[band]}]{band.value.replace('_', ' ')}[/]"


def _elsewhere(view: MatchView) -> str:
    match = view.match
    forces = f"{match.other_forces} other force{'' if match.other_forces == 1 else 's'}"
    word = "event" if match.others_events == "1" else "events"
    events = f", {match.others_events} {word}" if match.others_events else ""
    oldest = f", oldest {match.others_oldest} days ago" if match.others_oldest else ""
    words = [THREAT_WORDS[ThreatArea(area)] for area in match.others_threats]
    threats = f", {', '.join(words)}" if words else ""
    breadth = f"{match.breadth} kind{'' if match.breadth == 1 else 's'} of agency"
    known = f"{forces}{events}{oldest}{threats}"
    return f"{known}; {breadth}" if view.is_assessed else known
