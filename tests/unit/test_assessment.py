"""What each member learns of a cluster: its own matches, no more figures than policy gives it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest

from coordinator.assessment import Answer, ClusterView, assess
from coordinator.store.rounds import Match
from coordinator.summaries import verify_summary
from crypto.canonical import canonical_bytes, encode_base64
from crypto.errors import ClewError, InputError, StateError, VerificationError
from crypto.signing import SigningDomain, SigningKey, sign_statement
from protos.messages import MemberMatch, RoundState
from scoring.risk.areas import AgencyType
from scoring.risk.combine import combine_summaries
from scoring.risk.gravity import load_default_gravity_table
from scoring.risk.summary import ScoreSummary, SubjectFacts, summarise_events
from tests.support.rounds_builder import MEMBERS, NOW, SIGNING, make_round
from tests.support.scripted_member import make_assault

TODAY = NOW.date()
MONTH = TODAY.replace(day=1)
CLUSTER_REF = b"\xc1" * 16
TOKENS = {"essex": b"\x01" * 16, "kent": b"\x02" * 16, "care": b"\x03" * 16}


def _summary(agency: AgencyType, ages: tuple[int, ...], *, juvenile: bool = False) -> ScoreSummary:
    return summarise_events(
        [make_assault(age_days=age, incident=f"{agency}/{age}", on=TODAY) for age in ages],
        as_of_month=MONTH,
        today=TODAY,
        table=load_default_gravity_table(),
        facts=SubjectFacts(agency_type=agency, juvenile=juvenile),
    )


SUMMARIES = {
    "essex": _summary(AgencyType.POLICE, (20,)),
    "kent": _summary(AgencyType.POLICE, (40, 400, 500)),
    "care": _summary(AgencyType.SOCIAL_CARE, ()),
}


def _assess(answers: Mapping[str, ScoreSummary | None]) -> dict[str, list[MemberMatch]]:
    matches = [
        Match(bytes([number]) * 16, CLUSTER_REF, *pair, 0.9 + number / 100)
        for number, pair in enumerate(combinations(sorted(answers), 2))
    ]
    own = tuple(Answer(name, TOKENS[name], summary) for name, summary in answers.items())
    return assess([ClusterView(CLUSTER_REF, own, tuple(matches))], MEMBERS, today=TODAY)


def _counterparts(found: Mapping[str, list[MemberMatch]], name: str) -> set[str]:
    return {counterpart.member for match in found.get(name, []) for counterpart in match.counterparts}


def test_force_sees_the_interval_of_all_forces_and_the_breadth_of_all_agencies() -> None:
    (match,) = _assess(SUMMARIES)["essex"]
    together = combine_summaries(SUMMARIES.values(), today=TODAY)
    elsewhere = combine_summaries([SUMMARIES["kent"], SUMMARIES["care"]], today=TODAY)
    assert (match.score_lower, match.score_upper) == (together.interval.lower, together.interval.upper)
    assert 0 < match.score_lower < match.score_upper < 100
    assert (match.breadth, match.other_forces, match.score_disclosed) == (2, 1, True)
    assert (match.others_events, match.others_oldest) == (elsewhere.events.value, elsewhere.oldest)
    assert match.others_threats == tuple(sorted(area.value for area in elsewhere.areas))
    assert (match.token, match.cluster_ref) == (TOKENS["essex"], CLUSTER_REF)


def test_both_ends_of_a_pair_get_the_same_handle_and_probability() -> None:
    found = _assess(SUMMARIES)
    handles = {
        frozenset((name, c.member)): set()
        for name, own in found.items()
        for match in own
        for c in match.counterparts
    }
    for name, own in found.items():
        for counterpart in own[0].counterparts:
            ends = frozenset((name, counterpart.member))
            handles[ends].add((counterpart.match_ref, counterpart.candidate_probability))
    assert len(handles) == 3
    assert all(len(seen) == 1 for seen in handles.values())
    assert len(set().union(*handles.values())) == 3


def test_partner_agency_learns_who_to_ask_and_no_police_figure() -> None:
    (match,) = _assess(SUMMARIES)["care"]
    assert _counterparts({"care": [match]}, "care") == {"essex", "kent"}
    hidden = (match.score_lower, match.score_upper, match.rule_override, match.breadth, match.juvenile)
    assert hidden == (0.0, 0.0, False, 0, False)
    assert (match.others_events, match.others_oldest, match.others_threats) == ("", "", ())
    assert not match.score_disclosed


def test_withheld_partner_is_invisible_to_forces() -> None:
    found = _assess({**SUMMARIES, "care": None})
    assert _counterparts(found, "essex") == {"kent"}
    assert _counterparts(found, "kent") == {"essex"}
    assert found["essex"][0].breadth == 1
    without = _assess({"essex": SUMMARIES["essex"], "kent": SUMMARIES["kent"]})
    ends = [(found[name][0].score_lower, found[name][0].score_upper) for name in ("essex", "kent")]
    assert ends == [
        (without[name][0].score_lower, without[name][0].score_upper) for name in ("essex", "kent")
    ]


def test_withheld_force_is_invisible_and_sees_no_figures() -> None:
    found = _assess({**SUMMARIES, "kent": None})
    assert _counterparts(found, "essex") == {"care"}
    assert found["essex"][0].other_forces == 0
    assert _counterparts(found, "kent") == {"essex", "care"}
    assert not found["kent"][0].score_disclosed
    assert (found["kent"][0].score_lower, found["kent"][0].score_upper) == (0.0, 0.0)


@pytest.mark.parametrize("visible", [(), ("essex",), ("care",)])
def test_whoever_alone_is_visible_learns_nothing(visible: tuple[str, ...]) -> None:
    found = _assess({name: SUMMARIES[name] if name in visible else None for name in SUMMARIES})
    assert not set(found) & set(visible)
    if not visible:
        assert found == {}


def test_juvenile_and_placeholder_flags_of_any_member_reach_the_force() -> None:
    kent = replace(_summary(AgencyType.POLICE, (40,), juvenile=True), placeholder_weights=True)
    (match,) = _assess({**SUMMARIES, "kent": kent})["essex"]
    assert (match.juvenile, match.placeholder_weights) == (True, True)
    (before,) = _assess(SUMMARIES)["essex"]
    assert (before.juvenile, before.placeholder_weights) == (False, False)


def test_clusters_stay_apart() -> None:
    first = ClusterView(
        CLUSTER_REF,
        tuple(Answer(n, TOKENS[n], SUMMARIES[n]) for n in ("essex", "kent")),
        (Match(b"\x01" * 16, CLUSTER_REF, "essex", "kent", 0.9),),
    )
    second = ClusterView(
        b"\xc2" * 16,
        (
            Answer("essex", b"\x09" * 16, SUMMARIES["essex"]),
            Answer("care", TOKENS["care"], SUMMARIES["care"]),
        ),
        (Match(b"\x02" * 16, b"\xc2" * 16, "care", "essex", 0.8),),
    )
    found = assess([first, second], MEMBERS, today=TODAY)
    assert [match.cluster_ref for match in found["essex"]] == [CLUSTER_REF, b"\xc2" * 16]
    assert _counterparts(found, "kent") == {"essex"}


ROUND = make_round(RoundState.ASSESSING)


def _sign(
    summary: ScoreSummary,
    /,
    *,
    key: SigningKey = SIGNING["essex"],
    domain: SigningDomain = SigningDomain.SUMMARY,
    **changes: object,
) -> bytes:
    body = {
        "round_id": ROUND.round_id,
        "token": encode_base64(TOKENS["essex"]),
        "summary": summary.to_body(),
        **changes,
    }
    return canonical_bytes(sign_statement(key, domain, body))


def test_signed_summary_of_this_round_and_token_is_returned() -> None:
    envelope = _sign(SUMMARIES["essex"])
    found = verify_summary(envelope, MEMBERS["essex"], current=ROUND, token=TOKENS["essex"])
    assert found == SUMMARIES["essex"]


@pytest.mark.parametrize(
    ("envelope", "kind", "message"),
    [
        (b"{", InputError, "expected UTF-8 JSON"),
        (b"[]", InputError, "expected a signed summary, got another JSON value"),
        (
            _sign(SUMMARIES["essex"], key=SIGNING["kent"]),
            VerificationError,
            "expected a statement signed by key",
        ),
        (
            _sign(SUMMARIES["essex"], domain=SigningDomain.REQUEST),
            VerificationError,
            "expected a statement in domain clew/summary/v1",
        ),
        (_sign(SUMMARIES["essex"], more=1), InputError, "with round_id, token and summary"),
        (
            _sign(SUMMARIES["essex"], round_id="22222222-2222-4222-8222-222222222222"),
            VerificationError,
            "a summary is about another round or token",
        ),
        (
            _sign(SUMMARIES["essex"], token=encode_base64(TOKENS["kent"])),
            VerificationError,
            "a summary is about another round or token",
        ),
        (
            _sign(SUMMARIES["care"]),
            InputError,
            "a summary names another agency type than the agreement",
        ),
        (
            _sign(replace(SUMMARIES["essex"], weights_version="0" * 64)),
            StateError,
            "got 0000000000000000; install the agreement's weights",
        ),
        *(
            (
                _sign(replace(SUMMARIES["essex"], as_of_month=month)),
                InputError,
                "expected a summary as of 2026-11-01, the month in which the round opened",
            )
            for month in (date(2026, 10, 1), date(2026, 12, 1), date(1999, 1, 1))
        ),
        (_sign(SUMMARIES["essex"], token="not base64!"), InputError, "expected base64 text"),
        (_sign(SUMMARIES["essex"], token=7), ClewError, "expected base64 text"),
        (_sign(SUMMARIES["essex"], summary=7), InputError, "expected"),
    ],
)
def test_summary_that_would_not_combine_is_refused(
    envelope: bytes, kind: type[ClewError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        verify_summary(envelope, MEMBERS["essex"], current=ROUND, token=TOKENS["essex"])
    assert message in caught.value.public_message
