"""Laws of the risk score over arbitrary events."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.canonical import canonical_bytes, parse_json
from scoring.risk.areas import AgencyType, OrderType, ThreatArea
from scoring.risk.combine import combine_summaries, combine_totals
from scoring.risk.event import (
    CrimeStatus,
    DashGrade,
    Event,
    IntelAssessment,
    IntelGrading,
    Marker,
    NamedBy,
    PartyRole,
    VictimAgeBand,
)
from scoring.risk.incidents import WINDOW_DAYS
from scoring.risk.rfgv import HARM_CEILING, RiskScore, Totals, decay_factor, score_events, score_totals
from scoring.risk.summary import SubjectFacts, parse_summary, summarise_events
from tests.unit.risk_fixtures import MONTH, TABLE, TODAY

N_ERROR, G_ERROR = 0.9, 1.5  # DOMAIN 2.3(5)
COUNT_ERROR = 0.125  # half a step of n
DECADE_ERROR = 0.125  # half a quarter-decade of g


def holds_for(*strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return ``given`` without a deadline: a law is not a timed assertion."""
    return lambda law: settings(deadline=None)(given(*strategies)(law))


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def make_events(draw: st.DrawFn) -> Event:
    code = draw(st.sampled_from(sorted(TABLE.rows)))
    grading = st.builds(IntelGrading, st.integers(1, 3), st.sampled_from(IntelAssessment))
    return Event(
        incident_id=draw(st.sampled_from([f"A/{i}" for i in range(12)])),
        ho_class=code,
        occurred_on=TODAY - timedelta(days=draw(st.integers(0, WINDOW_DAYS + 50))),
        role=draw(st.sampled_from(PartyRole)),
        named_by=draw(optional(st.sampled_from(NamedBy))),
        status=draw(st.sampled_from(CrimeStatus)),
        outcome_code=draw(optional(st.integers(1, 22))),
        victim_tokens=draw(st.frozensets(st.sampled_from(["v1", "v2", "v3", "v4", "v5", "v6"]), max_size=2)),
        victim_age_band=draw(st.sampled_from(VictimAgeBand)),
        subject_under_16=draw(st.booleans()),
        markers=draw(st.frozensets(st.sampled_from(Marker))),
        dash_grade=draw(optional(st.sampled_from(DashGrade))),
        flags=draw(st.frozensets(st.sampled_from(ThreatArea), max_size=2)),
        intel=draw(grading) if code == "NC-INT" else None,
    )


histories = st.lists(make_events(), max_size=6)
facts = st.builds(
    SubjectFacts, st.just(AgencyType.POLICE), st.frozensets(st.sampled_from(OrderType)), st.booleans()
)


def score(events: list[Event]) -> RiskScore:
    return score_events(events, as_of=TODAY, table=TABLE)


@holds_for(histories)
def test_scores_and_components_stay_within_0_and_100(events: list[Event]) -> None:
    result = score(events)
    parts = result.components

    for value in (result.score, parts.recency, parts.frequency, parts.gravity, parts.victims):
        assert 0 <= value <= 100


@holds_for(histories, make_events())
def test_another_event_never_lowers_count_harm_victims_or_score(events: list[Event], event: Event) -> None:
    before, after = score(events), score([*events, event])

    assert after.totals.n >= before.totals.n - 1e-9
    assert after.totals.g >= before.totals.g - 1e-9
    assert after.totals.n_victims >= before.totals.n_victims
    assert after.score >= before.score - 1e-9
    assert after.rule_override >= before.rule_override


@holds_for(histories, st.integers())
def test_order_of_events_has_no_effect(events: list[Event], seed: int) -> None:
    shuffled = events.copy()
    random.Random(seed).shuffle(shuffled)

    assert score(shuffled) == score(events)


@holds_for(histories)
def test_contributions_sum_to_the_score_and_are_never_negative(events: list[Event]) -> None:
    result = score(events)

    assert math.fsum(c.points for c in result.contributions) == pytest.approx(result.score, abs=1e-6)
    assert all(c.points >= 0 for c in result.contributions)


@holds_for(histories, make_events(), st.sampled_from(["role", "status", "code"]))
def test_what_never_counts_changes_nothing(events: list[Event], event: Event, how: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "role": {"role": PartyRole.EXPLOITED_CHILD},
        "status": {"status": CrimeStatus.NO_CRIME},
        "code": {"ho_class": "27", "intel": None},
    }
    ignored = replace(event, **changes[how])

    assert score([*events, ignored]) == score(events)


@holds_for(histories)
def test_removing_victim_withdrawn_crimes_never_raises_the_score(events: list[Event]) -> None:
    kept = [event for event in events if event.outcome_code not in (14, 16)]

    assert score(kept).score <= score(events).score + 1e-9


@holds_for(st.lists(make_events().filter(lambda e: not e.is_intel), max_size=5), st.data())
def test_count_and_harm_add_over_sources_of_different_incidents(
    events: list[Event], data: st.DataObject
) -> None:
    split = data.draw(st.integers(0, len(events)))
    ours = events[:split]
    theirs = [replace(event, incident_id=f"B{event.incident_id}") for event in events[split:]]
    both, one, other = score(ours + theirs).totals, score(ours).totals, score(theirs).totals

    assert both.n == pytest.approx(one.n + other.n)
    assert both.g == pytest.approx(one.g + other.g)


@holds_for(st.lists(make_events().filter(lambda e: not e.is_intel), max_size=5), st.integers(0, 40))
def test_redating_totals_equals_scoring_later(events: list[Event], days: int) -> None:
    inside = [e for e in events if (TODAY - e.occurred_on).days + days <= WINDOW_DAYS]
    now = score(inside).totals
    later = score_events(inside, as_of=TODAY + timedelta(days=days), table=TABLE).totals

    assert later.n == pytest.approx(now.n * decay_factor(days, half_life_days=365))
    assert later.g == pytest.approx(now.g * decay_factor(days, half_life_days=730))


@holds_for(histories, st.integers(0, 61), facts)
def test_a_redated_summary_equals_direct_totals_within_half_a_step(
    events: list[Event], days: int, subject: SubjectFacts
) -> None:
    """The as-of lies before some of the events: their age is negative until re-dated."""
    today = MONTH + timedelta(days=days)
    held = [replace(e, occurred_on=min(e.occurred_on, today)) for e in events]
    summary = summarise_events(held, as_of_month=MONTH, today=today, table=TABLE, facts=subject)
    direct = score_events(held, as_of=today, table=TABLE).totals
    least, greatest = summary.totals_on(today)

    assert abs(least.n - direct.n) <= COUNT_ERROR + 1e-9
    if summary.harm_capped:
        assert least.g <= direct.g
        assert greatest.g == HARM_CEILING
    else:
        assert abs(math.log10(1 + least.g) - math.log10(1 + direct.g)) <= DECADE_ERROR + 1e-9
    assert least.n_victims <= max(1, direct.n_victims)


@holds_for(st.floats(0, 40), st.floats(0, 9_000), st.integers(0, 6))
def test_quantisation_moves_the_score_by_no_more_than_the_published_bounds(
    n: float, g: float, victims: int
) -> None:
    exact = Totals(1, n, g, victims)
    n_step = replace(exact, n=round(4 * n) / 4)
    g_step = replace(exact, g=10 ** (round(4 * math.log10(1 + g)) / 4) - 1)
    base = score_totals(exact).score

    assert abs(score_totals(n_step).score - base) <= N_ERROR
    assert abs(score_totals(g_step).score - base) <= G_ERROR


@holds_for(histories, facts)
def test_an_uncapped_summary_scores_within_the_bounds_of_the_exact_events(
    events: list[Event], subject: SubjectFacts
) -> None:
    summary = summarise_events(events, as_of_month=MONTH, today=TODAY, table=TABLE, facts=subject)
    direct = score(events).totals
    least, greatest = summary.totals_on(TODAY)
    # Age and victims are told in buckets, whose errors are separate and stated in buckets.py.
    same = replace(direct, age_days=least.age_days, n_victims=least.n_victims)
    low, high, exact = (score_totals(t).score for t in (least, greatest, same))

    assert low - N_ERROR - G_ERROR <= exact <= high + N_ERROR + G_ERROR
    if not summary.harm_capped:
        assert abs(low - exact) <= N_ERROR + G_ERROR


@holds_for(histories, facts)
def test_a_summary_survives_its_canonical_json(events: list[Event], subject: SubjectFacts) -> None:
    summary = summarise_events(events, as_of_month=MONTH, today=TODAY, table=TABLE, facts=subject)

    assert parse_summary(parse_json(canonical_bytes(summary.to_body()))) == summary


@holds_for(
    st.lists(
        st.builds(
            Totals, optional(st.integers(0, 1095)), st.floats(0, 40), st.floats(0, 9e3), st.integers(0, 6)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_interval_holds_every_source_with_the_common_recency(sources: list[Totals]) -> None:
    interval = combine_totals(sources)
    recent = min((t.age_days for t in sources if t.age_days is not None), default=None)

    assert interval.lower <= interval.upper + 1e-9
    for source in sources:
        assert score_totals(replace(source, age_days=recent)).score <= interval.lower + 1e-9


@holds_for(st.lists(histories, min_size=1, max_size=4), st.integers(0, 3))
def test_the_order_of_members_has_no_effect(members: list[list[Event]], shift: int) -> None:
    subject = SubjectFacts(AgencyType.POLICE)
    held = [
        summarise_events(events, as_of_month=MONTH, today=TODAY, table=TABLE, facts=subject)
        for events in members
    ]
    shift %= len(held)

    assert combine_summaries(held[shift:] + held[:shift], today=TODAY) == combine_summaries(held, today=TODAY)
