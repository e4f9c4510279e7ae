import numpy as np
import pytest

from crypto.encoding.schema import load_built_in_schema
from lab.attacks.people import draw_subjects
from lab.attacks.schemes import DEFAULT_SCHEMES, SCHEMES, get_scheme, number_blocks

SECRET = b"s" * 32
PEOPLE = [subject.listed for subject in draw_subjects(120, seed=2)]


@pytest.mark.parametrize("name", ["uk-police", "uk-police-wide"])
def test_a_shipped_schema_has_the_views_of_its_layout(name: str) -> None:
    scheme = get_scheme(name)
    views = scheme.encode(PEOPLE, SECRET)
    layout = load_built_in_schema(name).layout
    assert [view.name for view, _ in views] == [each.name for each in layout]
    assert [view.blocks is not None for view, _ in views] == [each.has_blocks for each in layout]
    assert all(view.rows == len(person) for view, person in views)
    assert not scheme.is_tied


def test_blocks_of_a_shipped_schema_are_near_unique_and_the_same_under_the_same_secret() -> None:
    scheme = get_scheme("uk-police")
    (view, person), (again, _), (other, _) = (
        scheme.encode(PEOPLE, secret)[0] for secret in (SECRET, SECRET, b"t" * 32)
    )
    assert view.blocks is not None
    assert again.blocks is not None
    assert other.blocks is not None
    assert len(np.unique(view.blocks)) > 0.95 * len(person)
    assert (view.blocks == again.blocks).all()
    assert not set(view.blocks) & set(other.blocks)


def test_numbers_of_blocks_follow_their_tokens() -> None:
    tokens = np.array([[0] * 16, [255] * 16, [0] * 16, [0] * 6 + [1] + [9] * 9], dtype=np.uint8)
    numbers = number_blocks(tokens)
    assert numbers is not None
    assert numbers.tolist() == [0, 2**56 - 1, 0, 1]
    assert number_blocks(tokens[:, :0]) is None


def test_the_default_schemes_exist() -> None:
    assert set(DEFAULT_SCHEMES) <= set(SCHEMES)
