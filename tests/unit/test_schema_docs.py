"""The page on linkage schemas names every attribute, kind of tokens, key and limit, and no other."""

import pytest

from crypto.encoding.attributes import ATTRIBUTES, TOKENS
from crypto.encoding.precheck import FIELD_LIMITS, NEVER, OTHER_LIMITS, FieldLimits
from crypto.encoding.schema import BUILT_IN_SCHEMAS, load_built_in_schema
from tests.unit.test_docs import get_section, list_first_cells, read

PAGE = read("reference/linkage-schema.md")


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("### Attributes", set(ATTRIBUTES)),
        ("### Tokens", set(TOKENS)),
        ("## The pre-check", set(FIELD_LIMITS)),
    ],
)
def test_every_entry_of_a_table_is_documented_and_no_other(heading: str, names: set[str]) -> None:
    assert list_first_cells(get_section(PAGE, heading)) == names


def test_every_key_of_the_views_is_documented() -> None:
    section = get_section(PAGE, "## Views").partition("###")[0]
    assert list_first_cells(section) == set(load_built_in_schema("uk-police-wide").body["views"])


def test_every_built_in_schema_is_described() -> None:
    assert [name for name in BUILT_IN_SCHEMAS if f"\n- `{name}`:" not in PAGE] == []


def show(share: float) -> str:
    return "never" if share >= NEVER else f"{share:.0%}"


@pytest.mark.parametrize(("name", "limits"), [*FIELD_LIMITS.items(), ("any other", OTHER_LIMITS)])
def test_limits_of_the_pre_check_are_documented_as_they_act(name: str, limits: FieldLimits) -> None:
    first = f"`{name}`" if name in FIELD_LIMITS else name
    shares = (limits.warn_missing, limits.stop_missing, limits.warn_common, limits.stop_common)
    assert f"| {first} | {' | '.join(map(show, shares))} |" in PAGE
