"""The documentation says what the code does: commands, settings, codes, labels, methods and links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from coordinator.cli import app as coordinator_app
from coordinator.config import CoordinatorConfig
from coordinator.drafting import DEFAULT_THRESHOLDS
from crypto import keys
from crypto.agreement import Agreement
from crypto.errors import (
    ClewError,
    InputError,
    PolicyError,
    StateError,
    StorageError,
    TransportError,
    VerificationError,
)
from crypto.log.entry import LogEntry
from crypto.pki import Role
from crypto.sealing import SealingDomain
from crypto.signing import SigningDomain
from lab.cli import app as lab_app
from node.cli import app as node_app
from node.config import NodeConfig
from node.ingest.contract import list_contracts
from node.ingest.load import KNOWN_FILES
from protos.methods import ENROLMENT_PORT_METHODS, MEMBER_PORT_METHODS
from scoring.policy.ruling import RuleId
from scoring.risk.summary import FIELDS as SUMMARY_FIELDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("crypto", "scoring", "protos", "node", "coordinator", "lab")
APPS = {"clew-coordinator": coordinator_app, "clew-node": node_app, "clew-lab": lab_app}
BRANCHES = (
    ClewError,
    InputError,
    PolicyError,
    StateError,
    StorageError,
    TransportError,
    VerificationError,
)


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def get_section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    following = re.search(rf"^#{{1,{level}}} ", text[start:], re.MULTILINE)
    return text[start : start + following.start()] if following else text[start:]


def list_first_cells(table: str) -> set[str]:
    """Return every `name` in the first cell of a Markdown table's rows."""
    cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def walk_commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Yield every command with its options and arguments as the reference writes them."""
    if hasattr(command, "commands"):
        for name, child in command.commands.items():
            yield from walk_commands(child, (*words, name))
        return
    names: set[str] = set()
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            names.add(parameter.metavar or parameter.name.upper())
        else:
            names.update(parameter.opts, parameter.secondary_opts)
    yield " ".join(words), names


COMMANDS = {
    command: names
    for program, app in APPS.items()
    for command, names in walk_commands(typer.main.get_command(app), (program,))
}


def test_the_reference_lists_exactly_the_commands_that_exist() -> None:
    documented = re.findall(r"^### `([^`]+)`$", read("reference/commands.md"), re.MULTILINE)
    assert sorted(documented) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_with_exactly_its_options(command: str) -> None:
    section = get_section(read("reference/commands.md"), f"### `{command}`")
    assert list_first_cells(section) == COMMANDS[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_example_is_of_its_command_and_uses_options_that_exist(command: str) -> None:
    section = get_section(read("reference/commands.md"), f"### `{command}`")
    (example,) = re.findall(r"```sh\n(.*?)\n```", section, re.DOTALL)
    assert example.startswith(f"{command} ") or example == command
    assert set(re.findall(r"(?<=\s)(--?[a-z][a-z-]*)", example)) <= COMMANDS[command]


def list_used_commands() -> Iterator[tuple[str, str]]:
    """Yield every command line of the tutorials with the page it is on."""
    for page in sorted((DOCS / "tutorials").glob("*.md")):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                for used in re.findall(r"clew-(?:coordinator|node|lab) [^|>&;)]*", line):
                    yield page.name, used


@pytest.mark.parametrize(("page", "used"), sorted(set(list_used_commands())))
def test_a_tutorial_uses_commands_and_options_that_exist(page: str, used: str) -> None:
    if used.startswith("clew-node --help"):
        return
    known = [command for command in COMMANDS if used.startswith(command)]
    assert known, f"{page}: no command begins this line: {used}"
    options = set(re.findall(r"(?<=\s)(--[a-z][a-z-]*)", used))
    assert options <= COMMANDS[max(known, key=len)], f"{page}: {used}"


@pytest.mark.parametrize(
    ("heading", "model"), [("### Coordinator", CoordinatorConfig), ("### Node", NodeConfig)]
)
def test_every_setting_is_documented_and_no_other(heading: str, model: Any) -> None:
    assert list_first_cells(get_section(read("operations.md"), heading)) == set(model.model_fields)


def test_documented_defaults_are_the_settings_defaults() -> None:
    section = get_section(read("operations.md"), "### Coordinator")
    rows = re.findall(r"^\| `(\w+)` \| `?([^|`]*?)`? \|", section, re.MULTILINE)
    shown = {name: default for name, default in rows if default}
    fields = CoordinatorConfig.model_fields
    assert shown == {name: str(field.default) for name, field in fields.items() if not field.is_required()}


def list_codes_in_code() -> set[str]:
    sources = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    found = (re.findall(r'(?<![a-z_])code="([A-Z_]+)"', path.read_text(encoding="utf-8")) for path in sources)
    return {code for codes in found for code in codes}


def test_every_error_code_is_documented_and_no_other() -> None:
    section = get_section(read("protocol.md"), "## Error codes")
    documented = list_first_cells(section)
    assert documented == list_codes_in_code()


def test_every_branch_of_errors_is_documented_with_its_default_code() -> None:
    section = get_section(read("protocol.md"), "## Error codes")
    missing = [kind.default_code for kind in BRANCHES if f"| `{kind.default_code}` |" not in section]
    assert missing == []


def test_every_method_is_documented_and_no_other() -> None:
    section = get_section(read("protocol.md"), "## Methods")
    rows = re.findall(r"^\| (\w+Service) \| (\w+)", section, re.MULTILINE)
    table = {(method.service, method.name) for method in (*ENROLMENT_PORT_METHODS, *MEMBER_PORT_METHODS)}
    assert set(rows) == table


@pytest.mark.parametrize(
    ("heading", "domains"),
    [("## Signed statements", SigningDomain), ("## Sealed messages", SealingDomain)],
)
def test_every_domain_is_documented_and_no_other(heading: str, domains: Any) -> None:
    section = get_section(read("protocol.md"), heading)
    assert list_first_cells(section) == {domain.value for domain in domains}


def test_key_derivation_labels_are_documented_as_they_are_hashed() -> None:
    """The pages show canonical JSON: the same key derived from the shown bytes is the derived key."""
    section = get_section(read("protocol.md"), "## Keys")
    ratchet, round_, map_, share = re.findall(r"```json\n(.*?)\n```", section, re.DOTALL)
    key = keys.LinkageKey(1, 0, bytes(range(32)))
    assert keys.HKDF(keys.SHA256(), 32, salt=None, info=ratchet.encode()).derive(key.secret) == (
        key.ratchet_to(1).secret
    )
    stepped = key.ratchet_to(1)
    assert keys.HKDF(keys.SHA256(), 32, salt=None, info=round_.encode()).derive(stepped.secret) == (
        keys.derive_round_key(
            stepped, federation="NAME", round_id="UUID", schema_digest="HEX", role_view="perpetrator"
        )
    )
    assert keys.HKDF(keys.SHA256(), 32, salt=None, info=map_.encode()).derive(stepped.secret) == (
        keys.derive_map_key(stepped, federation="NAME", round_id="UUID", member="NAME")
    )
    shared = keys.encode_key_share(key).decode()
    assert re.sub(r'"secret":"[^"]+"', '"secret":"BASE64"', shared) == share


def test_every_field_of_a_log_entry_is_documented() -> None:
    section = get_section(read("protocol.md"), "## The log")
    assert list_first_cells(section) == set(LogEntry.__dataclass_fields__)


def test_every_field_of_a_score_summary_is_documented() -> None:
    section = get_section(read("protocol.md"), "## Score summaries")
    assert set(re.findall(r"`([a-z_]+)`", section)) - {"round_id", "token", "summary"} == SUMMARY_FIELDS


def test_every_rule_that_is_enforced_is_documented_and_no_other() -> None:
    section = get_section(read("protocol.md"), "## Asking who")
    rows = re.findall(r"^\| ((?:P|DOMAIN)-[0-9.]+) \|", section, re.MULTILINE)
    assert rows == [rule.value for rule in RuleId]


@pytest.mark.parametrize("file", sorted(KNOWN_FILES))
def test_every_column_of_a_file_is_documented_and_no_other(file: str) -> None:
    contracts = [
        c for role in (Role.FORCE, Role.PARTNER) for c in list_contracts(role, today=None, offence=str)
    ]  # type: ignore[arg-type]
    columns = next(set(contract.columns) for contract in contracts if contract.file == file)
    assert list_first_cells(get_section(read("data-formats.md"), f"### {file}")) == columns


def test_every_field_of_the_agreement_is_documented_with_the_drafted_bars() -> None:
    section = get_section(read("data-formats.md"), "## The federation agreement")
    bars = DEFAULT_THRESHOLDS.to_body()
    assert list_first_cells(section) == set(Agreement.__dataclass_fields__) | set(bars)
    rows = re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", section, re.MULTILINE)
    assert {name: float(value) for name, value in rows} == bars


def list_links() -> Iterator[tuple[Path, str]]:
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" not in target:
                yield page, target


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(p, t, id=f"{p.name}-{t}") for p, t in list_links()]
)
def test_a_relative_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    linked = (page.parent / path).resolve() if path else page
    assert linked.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs


def test_every_page_is_reachable_from_the_index() -> None:
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}
    trees = re.findall(r"```\{toctree\}\n(.*?)```", read("index.md"), re.DOTALL)
    trees_of_decisions = re.findall(r"```\{toctree\}\n(.*?)```", read("adr/index.md"), re.DOTALL)
    listed = {f"{name}.md" for tree in trees for name in re.findall(r"^[\w/-]+$", tree, re.MULTILINE)}
    listed |= {
        f"adr/{name}.md"
        for tree in trees_of_decisions
        for name in re.findall(r"^[\w-]+$", tree, re.MULTILINE)
    }
    assert listed == pages


def test_every_package_is_on_the_module_map_and_no_other() -> None:
    table = list_first_cells(get_section(read("architecture.md"), "## Module map"))
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    }
    generated = {"protos.clew", "protos.clew.v1"}
    assert table - {"tests"} == found - generated - {"scoring"}
