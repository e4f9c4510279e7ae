"""The linkability pre-check: whether records would link, and whether their blocks would stay small.

Layer: crypto. Pure. A column that was mapped wrongly, a default date of birth or a police station's postcode
on every tenth record make a round that finds nobody, or blocks in which many people share a salt and can
be told apart by rank. Both show in counts before anything is encoded. Findings are sentences for whoever
prepares the data: what is wrong, how much of it, what to do. They hold counts, never values.

Rules: a finding warns or stops. Shares of few records say little, so a share of one common value counts only
with :data:`MIN_COMMON_RECORDS` behind it, and blocks only from :data:`MIN_BLOCK_RECORDS`: a small member
must not be stopped by small numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crypto.encoding.attributes import IMPUTED_DAY
from crypto.encoding.linkability import (
    FieldMeasures,
    ViewMeasures,
    derive_attributes,
    find_block_sizes,
    measure_field,
    measure_unreached,
    measure_view,
    take_columns,
)
from crypto.encoding.schema import LinkageSchema

MIN_COMMON_RECORDS = 20  # a value that fewer records share is chance, whatever its share
MIN_STOP_RECORDS = 100  # of fewer records a share is an anecdote: it warns
MIN_BLOCK_RECORDS = 1_000  # one family of six in a hundred records would look like a bad salt

WARN_SINGLETONS = (
    0.95  # DESIGN 7: below this a salt is widened or dropped; the densest force has .949 to .988
)
STOP_SINGLETONS = (
    0.50  # families share surname and postcode, but where most records share a block it is no salt
)
WARN_OVER_CAP = 0.02  # the densest force has far below 1% in blocks over the cap
STOP_OVER_CAP = 0.20  # a fifth of the records would be left out of the view
WARN_COVERAGE = 0.40  # postcodes are missing for many suspects, so half is no fault yet
WARN_UNREACHED = 0.05  # records without any row can be found by nobody
STOP_UNREACHED = 0.50
WARN_IMPUTED = 0.05  # 1 January is 0.3% of births; some countries' registers write it for a few per cent
STOP_IMPUTED = 0.40  # most dates of birth are then years


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """Shares from which a field warns or stops: of missing values, and of its commonest value."""

    warn_missing: float
    stop_missing: float
    warn_common: float
    stop_common: float


NEVER = 2.0  # no share reaches it
FIELD_LIMITS: Mapping[str, FieldLimits] = {
    # Names are there for nearly everyone a force suspects. The commonest surname has 1% of the country, 10%
    # in places; one in three is a column mapped wrongly.
    "forenames": FieldLimits(0.05, 0.50, 0.10, 0.30),
    "surname": FieldLimits(0.05, 0.50, 0.10, 0.30),
    # Ten of the twelve views need the date or part of it. One day has 0.01% of births, so 1% is a default.
    "dob": FieldLimits(0.10, 0.50, 0.01, 0.10),
    # People without an address are among those who matter, so absence never stops; one postcode for 2% is
    # a custody suite, a hostel or a prison.
    "postcode": FieldLimits(0.50, NEVER, 0.02, 0.20),
    # One view reads it, and suspects are mostly men.
    "sex": FieldLimits(0.20, NEVER, NEVER, NEVER),
}
OTHER_LIMITS = FieldLimits(
    0.50, NEVER, 0.20, NEVER
)  # fields that no view needs: worth a look, no reason to stop
MIN_ENTROPY_BITS = {"surname": 6.0, "dob": 8.0, "postcode": 6.0}
"""Fewer than 64 or 256 equally common values: a column cut short, a code in place of the value."""


class Severity(StrEnum):
    """How bad a finding is; STOP means that nothing is submitted."""

    WARN = "WARN"
    STOP = "STOP"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of the data: about which field or view, and a sentence that says what to do."""

    severity: Severity
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class PreCheck:
    """The outcome: findings, worst first, and the counts behind them."""

    records: int
    fields: tuple[FieldMeasures, ...]
    views: tuple[ViewMeasures, ...]
    unreached: float
    findings: tuple[Finding, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether these records must not be submitted before the data is mended."""
        return any(finding.severity is Severity.STOP for finding in self.findings)


def check_linkability(people: Sequence[Mapping[str, str]], schema: LinkageSchema) -> PreCheck:
    """Judge whether people's records can be linked under a schema without giving blocks away.

    Args:
        people: Raw values by field, as they would be encoded; absent fields count as missing.
        schema: The agreed linkage schema; without views only fields are judged.
    """
    columns = take_columns(people, schema)
    fields = tuple(measure_field(field, values) for field, values in columns.items())
    findings = [finding for measures in fields for finding in _judge_field(measures, len(people))]
    findings += _judge_imputed(columns.get("dob", ()))
    if schema.views is None or not people:
        return PreCheck(len(people), fields, (), 0.0, _sort(findings))
    attributes = derive_attributes(columns, schema.views.salted)
    blocks = [find_block_sizes(attributes, view) for view in schema.views.salted]
    measured = tuple(
        measure_view(view, salts, schema.views.block_cap)
        for view, salts in zip(schema.views.salted, blocks, strict=True)
    )
    unreached = measure_unreached(blocks, schema.views.block_cap)
    for measures in measured:
        findings += _judge_view(measures, len(people), schema.views.block_cap)
    findings += _judge_unreached(unreached, len(people))
    return PreCheck(len(people), fields, measured, unreached, _sort(findings))


def _sort(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.STOP))


def _judge_field(measures: FieldMeasures, records: int) -> list[Finding]:
    limits = FIELD_LIMITS.get(measures.field, OTHER_LIMITS)
    name = measures.field
    is_unused = name not in FIELD_LIMITS and measures.missing == 1  # a member may not record it at all
    missing = _decide(measures.missing, limits.warn_missing, limits.stop_missing, records)
    common_share = measures.commonest / records if measures.commonest >= MIN_COMMON_RECORDS else 0.0
    common = _decide(common_share, limits.warn_common, limits.stop_common, records)
    found = [
        (
            None if is_unused else missing,
            f"{name} is missing in {measures.missing:.1%} of {records:,} records; check that the right "
            "column was exported and that its values are in a form Clew reads (clew-node explain shows what "
            "one becomes).",
        ),
        (
            common,
            f"one value of {name} stands in {measures.commonest:,} of {records:,} records; count the values "
            "of that column, and leave it empty where it is a default (an unknown date, a police "
            "station's postcode).",
        ),
        (_judge_entropy(measures, records), _explain_entropy(measures)),
    ]
    return [Finding(severity, name, message) for severity, message in found if severity]


def _judge_entropy(measures: FieldMeasures, records: int) -> Severity | None:
    is_judged = records * (1 - measures.missing) >= MIN_BLOCK_RECORDS
    is_low = measures.entropy_bits < MIN_ENTROPY_BITS.get(measures.field, 0.0)
    return Severity.WARN if is_judged and is_low else None


def _explain_entropy(measures: FieldMeasures) -> str:
    return (
        f"{measures.field} has {measures.entropy_bits:.1f} bits of entropy, where at least "
        f"{MIN_ENTROPY_BITS.get(measures.field, 0.0):g} are usual; check that the column is not cut short "
        "and holds the values themselves, not codes."
    )


def _judge_imputed(dates: Sequence[str]) -> list[Finding]:
    present = [text for text in dates if text]
    imputed = sum(text.startswith(IMPUTED_DAY) for text in present)
    share = imputed / len(present) if imputed >= MIN_COMMON_RECORDS else 0.0
    severity = _decide(share, WARN_IMPUTED, STOP_IMPUTED, len(present))
    message = (
        f"{imputed:,} of {len(present):,} dates of birth are 1 January, which usually means that only the "
        "year was known; they salt no view by date. Get the dates from the source, or mark them in "
        "dob_quality."
    )
    return [Finding(severity, "dob", message)] if severity else []


def _judge_view(measures: ViewMeasures, records: int, cap: int) -> list[Finding]:
    is_judged = measures.coverage * records >= MIN_BLOCK_RECORDS
    shared = _decide(1 - measures.singletons, 1 - WARN_SINGLETONS, 1 - STOP_SINGLETONS, records)
    over = _decide(measures.over_cap, WARN_OVER_CAP, STOP_OVER_CAP, records)
    # Nobody at all with its salt is a field that is missing, which is told there.
    thin = 0 < measures.coverage < WARN_COVERAGE and records >= MIN_BLOCK_RECORDS
    found = [
        (
            shared if is_judged else None,
            f"{measures.singletons:.1%} of the records in this view are alone in their block, where "
            f"{WARN_SINGLETONS:.0%} are expected; look for people recorded twice and for defaults in what "
            f"salts it. Who shares a block with more than {cap - 1} others is left out of the view.",
        ),
        (
            over if is_judged and cap > 1 else None,  # under a cap of one this is the finding above
            f"{measures.over_cap:.1%} of the records in this view are in blocks of more than {cap} and are "
            f"left out of it (the largest blocks: {', '.join(f'{size:,}' for size in measures.largest)}); "
            "look for defaults in what salts it.",
        ),
        (
            Severity.WARN if thin else None,
            f"only {measures.coverage:.1%} of the records have what salts this view; see the fields above.",
        ),
    ]
    return [
        Finding(severity, measures.view, f"view {measures.view}: {text}")
        for severity, text in found
        if severity
    ]


def _judge_unreached(share: float, records: int) -> list[Finding]:
    severity = _decide(share, WARN_UNREACHED, STOP_UNREACHED, records)
    message = (
        f"{share:.1%} of {records:,} records have a row in no view, so nobody can find them; a record "
        "needs two of: names, date of birth, postcode."
    )
    return [Finding(severity, "records", message)] if severity else []


def _decide(share: float, warn: float, stop: float, records: int) -> Severity | None:
    """Return what a share calls for; of few records it never stops."""
    if share > stop and records >= MIN_STOP_RECORDS:
        return Severity.STOP
    return Severity.WARN if share > warn else None
