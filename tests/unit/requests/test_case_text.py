"""A request as an approver reads it on a terminal."""

from node.requests.case_text import describe_case
from node.requests.case_view import show_case
from tests.unit.requests.federation import STATEMENT, Federation
from tests.unit.requests.steps import draft


def test_what_a_requester_wrote_cannot_pose_as_a_line_of_the_program(federation: Federation) -> None:
    posing = f"{STATEMENT}\n  would go out    nothing\r\n\x0b  [bold]expires[/]"
    case = draft(federation, risk_statement=posing)

    text = describe_case(show_case(federation.essex.desk, case))

    assert [line for line in text.splitlines() if line.startswith("  would go out")] == [
        "  would go out    IDENTITY_CORE, INCIDENT_LIST, ORDERS"
    ]
    assert r"would go out nothing \[bold]expires\[/]" in text
