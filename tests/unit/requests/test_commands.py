"""The commands, as two forces' people type them, from form to opened package."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from node import context as node_context
from node.cli import app
from node.home import NodeHome
from node.requests.form import render_template
from tests.unit.requests.federation import (
    FORENAME,
    MATCH_REF,
    REASON,
    STATEMENT,
    SURNAME,
    Federation,
    change_match,
    found_federation,
)

WRITTEN = {
    "case_ref": "42EX/10234/26",
    "supervisor_id": "essex-ds-02",
    "risk_statement": STATEMENT,
    "necessity_statement": STATEMENT,
    "proportionality_statement": STATEMENT,
    "conflict_statement": "I know nobody involved in this case.",
    "dpia_ref": "DPIA-2026-04",
    "isa_ref": "ISA-2026-11",
}


class Desktop:
    """A command line at which every member's people sit; their keys are in ``folder``."""

    def __init__(self, federation: Federation, folder: Path) -> None:
        self.federation = federation
        self.folder = folder
        (folder / "reason.txt").write_text(REASON)
        form = render_template()
        for name, value in WRITTEN.items():
            form = form.replace(f'{name} = ""', f'{name} = "{value}"')
        (folder / "form.toml").write_text(form)

    def run(self, *words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})
        assert result.exit_code == (1 if fails else 0), result.output
        return result

    def json(self, *words: str, fails: bool = False) -> Any:
        return json.loads(self.run(*words, "--json", fails=fails).stdout)

    def key(self, person: str) -> str:
        return str(self.folder / f"{person}.key")

    def hire(self, member: str, person: str, role: str, rank: str) -> None:
        self.run(
            *f"person add --home {member} --id {person} --role {role} --rank {rank}".split(),
            "--out",
            self.key(person),
        )

    def draft(self) -> str:
        words = f"request draft --home essex --match {MATCH_REF}".split()
        drafted = self.json(*words, "--as", self.key("essex-dc-11"), "--file", str(self.folder / "form.toml"))
        return str(drafted["request_id"])

    def decide(self, member: str, request_id: str, person: str, *more: str, fails: bool = False) -> Any:
        words = ["request", "approve", request_id, "--home", member, "--as", self.key(person)]
        return self.json(*words, "--reason-file", str(self.folder / "reason.txt"), *more, fails=fails)


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    federation = found_federation(tmp_path)

    @contextmanager
    def open_by_name(home: NodeHome, **_: Any) -> Iterator[node_context.NodeContext]:
        yield federation.nodes[home.path.name].context

    monkeypatch.setattr(node_context, "connect", open_by_name)
    monkeypatch.setattr(node_context, "open_node", open_by_name)
    desk = Desktop(federation, tmp_path)
    desk.hire("essex", "essex-dc-11", "OIC", "constable")
    desk.hire("essex", "essex-di-07", "INSPECTOR_PVP", "inspector")
    desk.hire("kent", "kent-di-03", "IAO_DELEGATE", "inspector")
    yield desk
    for node in federation.nodes.values():
        node.context.store.close()


def test_two_forces_go_from_form_to_opened_package(desktop: Desktop) -> None:
    request_id = desktop.draft()
    assert desktop.decide("essex", request_id, "essex-di-07")["state"] == "SENT"
    desktop.federation.carry()
    (waiting,) = desktop.json("inbox", "list", "--home", "kent")
    assert (waiting["request_id"], waiting["state"]) == (request_id, "AWAITING_APPROVAL")
    shown = desktop.run(
        "inbox", "show", request_id, "--home", "kent", "--as", desktop.key("kent-di-03")
    ).output
    assert "uncalibrated" in shown
    assert "expected" in shown
    assert SURNAME in shown
    assert desktop.decide("kent", request_id, "kent-di-03")["state"] == "APPROVED"
    released = desktop.json(
        "inbox", "release", request_id, "--home", "kent", "--as", desktop.key("kent-di-03")
    )
    assert (released["ruling"], released["state"]) == ("GRANTED", "DISCLOSED")
    desktop.federation.carry()
    opened = desktop.run(
        "disclosure", "open", request_id, "--home", "essex", "--as", desktop.key("essex-dc-11")
    ).output
    assert FORENAME in opened
    assert "Any other use needs a new request" in opened


def test_the_inbox_shows_no_record_without_a_key_file(desktop: Desktop) -> None:
    request_id = desktop.draft()
    desktop.decide("essex", request_id, "essex-di-07")
    desktop.federation.carry()
    assert SURNAME not in desktop.run("inbox", "show", request_id, "--home", "kent").output
    assert ("kent", "CONSULTATION") not in desktop.federation.list_events()
    desktop.json("inbox", "show", request_id, "--home", "kent", "--as", desktop.key("kent-di-03"))
    assert ("kent", "CONSULTATION") in desktop.federation.list_events()


def test_a_ruling_that_refuses_prints_its_rules_and_fails(desktop: Desktop) -> None:
    change_match(desktop.federation.essex, score_lower=30.0, score_upper=40.0)
    request_id = desktop.draft()
    refused = desktop.decide("essex", request_id, "essex-di-07", fails=True)
    assert refused["ruling"] == "REFUSED"
    (reason,) = refused["reasons"]
    assert reason["rule"] == "P-05"
    assert reason["demands"].startswith("The link is strong and the risk is high")
    assert "below 60" in reason["reason"]


def test_the_requester_reads_why_the_holder_refused(desktop: Desktop) -> None:
    request_id = desktop.draft()
    desktop.decide("essex", request_id, "essex-di-07")
    desktop.federation.carry()
    refused = desktop.decide("kent", request_id, "kent-di-03", "--decision", "REFUSE")
    assert (refused["ruling"], refused["state"]) == ("NONE", "REFUSED")
    desktop.federation.carry()
    text = desktop.run("request", "show", request_id, "--home", "essex").output
    assert "P-01" in text
    assert "The disclosing side did not approve." in text
    (listed,) = desktop.json("request", "list", "--home", "essex")
    assert listed["refused_by"] == ["P-01"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--decision", "MAYBE"], "--decision: expected APPROVE or REFUSE"),
        (["--dpo-advice", "FINE"], "--dpo-advice: expected one of NOT_SOUGHT"),
        (["--items", "SHOE_SIZE"], "ReidApproval.data_items_approved: expected one of IDENTITY_CORE"),
    ],
)
def test_a_mistyped_option_is_named(desktop: Desktop, words: list[str], message: str) -> None:
    request_id = desktop.draft()
    typed = ["request", "approve", request_id, "--home", "essex", "--as", desktop.key("essex-di-07")]
    result = desktop.run(*typed, "--reason-file", str(desktop.folder / "reason.txt"), *words, fails=True)
    assert message in result.output


def test_an_unknown_request_says_where_to_look(desktop: Desktop) -> None:
    result = desktop.run("request", "show", "no-such-id", "--home", "essex", fails=True)
    assert "clew-node request list" in result.output


def test_people_are_listed_by_id_and_role(desktop: Desktop) -> None:
    listed = desktop.json("person", "list", "--home", "essex")
    assert [(person["person_id"], person["role"]) for person in listed] == [
        ("essex-dc-11", "OIC"),
        ("essex-di-07", "INSPECTOR_PVP"),
    ]


def test_what_people_wrote_cannot_pose_as_the_programs_own_words(desktop: Desktop) -> None:
    form = (desktop.folder / "form.toml").read_text()
    marked = form.replace('case_ref = "42EX/10234/26"', 'case_ref = "42EX"').replace(
        STATEMENT, "[bold red]REFUSED[/] " + STATEMENT, 1
    )
    (desktop.folder / "form.toml").write_text(marked)
    request_id = desktop.draft()
    assert "[bold red]REFUSED[/]" in desktop.run("request", "show", request_id, "--home", "essex").output


def test_each_side_is_told_the_whole_next_command_and_what_to_judge(desktop: Desktop) -> None:
    request_id = desktop.draft()
    shown = desktop.run("request", "show", request_id, "--home", "essex").output
    assert f"clew-node request approve {request_id} --home essex --as YOUR.key --reason-file WHY.txt" in shown
    assert "--decision REFUSE to refuse" in shown
    for words in ("tried first     PND", "victim's view   NOT_SOUGHT_UNSAFE", "condition SCH8_1_STATUTORY"):
        assert words in shown
    desktop.decide("essex", request_id, "essex-di-07")
    desktop.federation.carry()
    waiting = desktop.run("inbox", "show", request_id, "--home", "kent").output
    assert f"clew-node inbox show {request_id} --home kent --as YOUR.key" in waiting
    desktop.decide("kent", request_id, "kent-di-03")
    shown = desktop.run("inbox", "show", request_id, "--home", "kent").output
    assert f"Next: clew-node inbox release {request_id} --home kent --as YOUR.key" in shown
    words = ("inbox", "release", request_id, "--home", "kent", "--as", desktop.key("kent-di-03"))
    assert "Next:" not in desktop.run(*words).output
    desktop.federation.carry()
    shown = desktop.run("request", "show", request_id, "--home", "essex").output
    assert f"clew-node disclosure open {request_id} --home essex --as YOUR.key" in shown


def test_a_refusal_by_a_person_names_no_end_of_validity_and_no_next_command(desktop: Desktop) -> None:
    request_id = desktop.draft()
    desktop.decide("essex", request_id, "essex-di-07", "--decision", "REFUSE")
    shown = desktop.run("request", "show", request_id, "--home", "essex").output
    assert "REFUSE by essex-di-07 (INSPECTOR_PVP): " in shown
    assert "valid until" not in shown
    assert "Next:" not in shown
