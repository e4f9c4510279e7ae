"""The form a requester fills in: a commented TOML file, and how it is read.

Layer: node, pure. The form holds what only a person can say; the node adds what it knows itself. The
template is made from the same closed lists that the request is checked against, so the two cannot
disagree. Messages name the field and what is expected, never what was written.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crypto.errors import InputError
from scoring.policy.vocabulary import (
    DataItem,
    Gateway,
    IntendedAction,
    LawfulBasis,
    LePurpose,
    LessIntrusiveStep,
    Regime,
    SensitiveCondition,
    SubjectRole,
    Urgency,
    VictimViews,
)

MAX_FORM_BYTES = 64 << 10  # three full statements are under 8 KiB
_STATEMENT_HELP = "200 to 2000 characters"


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form: what is asked, what may be answered, and an answer to begin from."""

    field: str
    help: str
    example: Any
    choices: type[StrEnum] | None = None


QUESTIONS = (
    Question("case_ref", "force URN, crime reference or MARAC reference", ""),
    Question("supervisor_id", "your supervisor, sergeant or above; not you and not an approver", ""),
    Question("regime", "data-protection regime you act under", "DPA_PART3", Regime),
    Question("le_purpose", "law enforcement purpose; leave it out under UKGDPR", "PREVENTION", LePurpose),
    Question("lawful_basis", "S35 with DPA_PART3, ART6 with UKGDPR", "TASK_NECESSARY_S35_2B", LawfulBasis),
    Question(
        "sensitive_condition", "condition for sensitive processing", "SCH8_1_STATUTORY", SensitiveCondition
    ),
    Question(
        "gateway", "the power that lets the holder tell you; one or more", ["COMMON_LAW_POLICING"], Gateway
    ),
    Question("risk_statement", f"who is at risk, of what, how soon; {_STATEMENT_HELP}", ""),
    Question("necessity_statement", f"why the match alone is not enough; {_STATEMENT_HELP}", ""),
    Question(
        "proportionality_statement", f"which less intrusive options you considered; {_STATEMENT_HELP}", ""
    ),
    Question("less_intrusive_tried", "what you tried; one or more", ["PND"], LessIntrusiveStep),
    Question("data_items_requested", "what you need, no more; one or more", ["IDENTITY_CORE"], DataItem),
    Question("intended_action", "what the answer is for; one or more", ["SAFEGUARD_VISIT"], IntendedAction),
    Question("subject_role", "as whom the person was matched", "PERPETRATOR", SubjectRole),
    Question("victim_views", "what the victim thinks of it", "NOT_SOUGHT_UNSAFE", VictimViews),
    Question("conflict", "true if you are connected to anyone in the case", False),
    Question("conflict_statement", "your declaration in your words; 10 to 500 characters", ""),
    Question("dpia_ref", "current data protection impact assessment", ""),
    Question("isa_ref", "information sharing agreement", ""),
    Question("urgency", "how soon you need an answer", "ROUTINE", Urgency),
)

_OPTIONAL = frozenset({"le_purpose"})


def render_template() -> str:
    """Return the form as TOML with a comment above every field."""
    lines = [
        "# Re-identification request. Fill in every field, then: clew-node request draft --match REF ...",
        "# Name nobody here: people are opaque ids, and the match reference says whom it is about.",
    ]
    for question in QUESTIONS:
        lines += ["", f"# {question.help}"]
        if question.choices is not None:
            lines.append(f"# one of: {', '.join(question.choices)}")
        lines.append(f"{question.field} = {_toml(question.example)}")
    return "\n".join(lines) + "\n"


def parse_form(data: bytes) -> dict[str, Any]:
    """Return the answers of a form as fields of a request body; their values are checked there.

    Raises:
        InputError: Not UTF-8 TOML, oversize, or a field is missing or unknown.
    """
    if len(data) > MAX_FORM_BYTES:
        raise InputError(f"request form: expected at most {MAX_FORM_BYTES} bytes, got {len(data)}")
    try:
        answers = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's message may quote the text, which is about people.
        raise InputError(
            "request form: expected UTF-8 TOML; start again from: clew-node request template"
        ) from error
    _check_fields(answers)
    answers.setdefault("le_purpose", None)
    answers["conflict_declaration"] = {
        "has_conflict": answers.pop("conflict"),
        "statement": answers.pop("conflict_statement"),
    }
    return answers


def _check_fields(answers: Mapping[str, Any]) -> None:
    known = {question.field: question for question in QUESTIONS}
    missing = [name for name in known if name not in answers and name not in _OPTIONAL]
    if missing:
        first = known[missing[0]]
        raise InputError(f"request form: missing {', '.join(missing)}; {first.field}: {first.help}")
    if unknown := len(answers.keys() - known.keys()):
        raise InputError(f"request form: {unknown} unknown field(s); the fields are {', '.join(known)}")


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
