from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.requests.federation import Federation, found_federation
from tests.unit.requests.steps import staff


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = found_federation(tmp_path)
    staff(made)
    yield made
    for node in made.nodes.values():
        node.context.store.close()
