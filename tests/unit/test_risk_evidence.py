"""Tables of evidential quality, markers and exclusions (DOMAIN 2.2, P-15, P-17)."""

from typing import Any

import pytest

from crypto.errors import InputError
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
from scoring.risk.evidence import (
    INTEL_QUALITY,
    MARKER_MULTIPLIER,
    NAMED_QUALITY,
    OUTCOME_QUALITY,
    ROLE_QUALITY,
    evidential_quality,
    find_exclusion,
    marker_multiplier,
)
from tests.unit.risk_fixtures import TABLE, make_event

QUALITY = [
    ("live, named by victim", {}, 1.0),
    ("live, named by witness", {"named_by": NamedBy.WITNESS}, 1.0),
    ("police inference only", {"named_by": NamedBy.POLICE}, 0.5),
    ("naming not recorded", {"named_by": None}, 0.5),
    ("charged, however named", {"role": PartyRole.OFFENDER_CHARGED, "named_by": NamedBy.POLICE}, 1.0),
    ("convicted", {"role": PartyRole.OFFENDER_CONVICTED, "named_by": None}, 1.0),
    ("outcome 1 proves the link", {"outcome_code": 1, "named_by": NamedBy.POLICE}, 1.0),
    *((f"outcome {code}", {"outcome_code": code}, 0.8) for code in (14, 15, 16, 20, 22)),
    ("outcome 16 on inference", {"outcome_code": 16, "named_by": NamedBy.POLICE}, 0.5),
    ("eliminated", {"role": PartyRole.ELIMINATED}, 0.0),
    ("no crime", {"status": CrimeStatus.NO_CRIME, "role": PartyRole.OFFENDER_CHARGED}, 0.0),
    ("rape incident not crimed", {"ho_class": "N100/1"}, 0.0),
    ("victim of it", {"role": PartyRole.VICTIM}, 0.0),
    ("exploited child", {"role": PartyRole.EXPLOITED_CHILD, "outcome_code": 1}, 0.0),
]


@pytest.mark.parametrize(("fields", "quality"), [c[1:] for c in QUALITY], ids=[c[0] for c in QUALITY])
def test_quality_of_an_event(fields: dict[str, Any], quality: float) -> None:
    assert evidential_quality(make_event("8N", 1, **fields)) == quality


@pytest.mark.parametrize(
    ("source", "letter", "quality"),
    [(1, "A", 0.6), (2, "B", 0.5), (1, "C", 0.4), (2, "D", 0.2), (1, "E", 0.0), (3, "A", 0.3), (3, "D", 0.1)],
)
def test_quality_of_intelligence_follows_its_grading(source: int, letter: str, quality: float) -> None:
    grading = IntelGrading(source, IntelAssessment(letter))

    assert evidential_quality(make_event("NC-INT", 1, intel=grading)) == quality


def test_every_role_outcome_naming_assessment_and_marker_is_listed() -> None:
    assert set(ROLE_QUALITY) == set(PartyRole)
    assert set(OUTCOME_QUALITY) == set(range(1, 23))
    assert set(NAMED_QUALITY) == {*NamedBy, None}
    assert set(INTEL_QUALITY) == set(IntelAssessment)
    assert set(MARKER_MULTIPLIER) == set(Marker)


MULTIPLIERS = [
    ("none", "8N", {}, 1.0),
    ("strangulation", "8N", {"markers": {Marker.STRANGULATION}}, 1.5),
    ("strangulation on the offence of it", "008/77", {"markers": {Marker.STRANGULATION}}, 1.0),
    ("suffocation likewise", "X-SUFFOC", {"markers": {Marker.STRANGULATION}}, 1.0),
    ("order breach", "8L", {"markers": {Marker.ORDER_BREACH}}, 1.25),
    ("pregnant", "8N", {"markers": {Marker.VICTIM_PREGNANT}}, 1.25),
    ("weapon", "8N", {"markers": {Marker.WEAPON}}, 1.1),
    ("child present", "8N", {"markers": {Marker.CHILD_PRESENT}}, 1.1),
    ("coercion is no multiplier", "22B", {"markers": {Marker.COERCION}}, 1.0),
    ("victim under 16", "8N", {"victim_age_band": VictimAgeBand.FROM_10_TO_15}, 1.25),
    ("victim 16 or 17", "8N", {"victim_age_band": VictimAgeBand.FROM_16_TO_17}, 1.0),
    ("age is the offence", "19D", {"victim_age_band": VictimAgeBand.FROM_10_TO_15}, 1.0),
    ("DASH high", "8N", {"dash_grade": DashGrade.HIGH}, 1.1),
    ("DASH medium", "8N", {"dash_grade": DashGrade.MEDIUM}, 1.0),
    (
        "product",
        "8N",
        {"markers": {Marker.WEAPON, Marker.CHILD_PRESENT}, "dash_grade": DashGrade.HIGH},
        1.331,
    ),
    ("capped", "8N", {"markers": set(Marker)}, 2.0),
]


@pytest.mark.parametrize(
    ("code", "fields", "expected"), [c[1:] for c in MULTIPLIERS], ids=[c[0] for c in MULTIPLIERS]
)
def test_marker_multiplier(code: str, fields: dict[str, Any], expected: float) -> None:
    event = make_event(code, 1, **fields)

    assert marker_multiplier(event, code) == pytest.approx(expected)


CHILDREN = {"subject_under_16": True, "victim_age_band": VictimAgeBand.FROM_10_TO_15}
EXCLUSIONS = [
    ("both under 16", "86", CHILDREN, "both under 16 and no coercion recorded (P-15)"),
    ("22B likewise", "22B", CHILDREN, "both under 16 and no coercion recorded (P-15)"),
    ("coercion recorded", "86", CHILDREN | {"markers": {Marker.COERCION}}, None),
    ("subject 16 or over", "86", CHILDREN | {"subject_under_16": False}, None),
    ("victim 16 or 17", "86", CHILDREN | {"victim_age_band": VictimAgeBand.FROM_16_TO_17}, None),
    ("another class", "19D", CHILDREN, None),
    ("soliciting", "27", {}, "soliciting: the subject is usually exploited (P-17)"),
    ("infanticide", "4.2", {}, "infanticide: the mother as subject"),
    ("burglary", "28E", {}, "non-VAWG offence: poly-criminality only"),
    ("assault", "8N", {}, None),
]


@pytest.mark.parametrize(
    ("code", "fields", "reason"), [c[1:] for c in EXCLUSIONS], ids=[c[0] for c in EXCLUSIONS]
)
def test_exclusions_say_why(code: str, fields: dict[str, Any], reason: str | None) -> None:
    assert find_exclusion(make_event(code, 1, **fields), TABLE.get_row(code)) == reason


REFUSALS = [
    ({"incident_id": ""}, "incident_id: expected a reference, got an empty one"),
    ({"outcome_code": 23}, "outcome_code: expected 1 to 22 or none"),
    ({"outcome_code": 0}, "outcome_code: expected 1 to 22 or none"),
    ({"ho_detail_code": "8/6"}, "ho_detail_code: expected the form NNN/NN"),
    ({"ho_class": "NC-INT"}, "intel: expected a 3x5x2 grading exactly when ho_class is NC-INT"),
    ({"intel": IntelGrading(1, IntelAssessment.A)}, "intel: expected a 3x5x2 grading exactly when"),
]


@pytest.mark.parametrize(("fields", "message"), REFUSALS)
def test_an_impossible_event_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_event("8N", 1, **fields)


def test_an_unknown_source_grade_is_refused() -> None:
    with pytest.raises(InputError, match="intelligence source grade: expected 1, 2 or 3"):
        IntelGrading(4, IntelAssessment.A)


def test_sex_and_ethnicity_cannot_be_inputs() -> None:
    """F26: what an event has no field for cannot move a score."""
    fields = set(Event.__dataclass_fields__)

    assert not {name for name in fields if "sex" in name or "ethnic" in name or "gender" in name}
