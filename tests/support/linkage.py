"""Link bare encodings, each a record of its own, under a schema without views."""

from collections.abc import Sequence

import numpy as np

from crypto.encoding.encoder import Encodings
from crypto.encoding.schema import load_built_in_schema
from scoring.linkage.blocks import ViewSide
from scoring.linkage.linker import Linkage, compare_views, link_views

PLAIN = load_built_in_schema("plain")


def link_datasets(datasets: Sequence[Encodings], *, within: bool = False) -> Linkage:
    """Compare everything with everything and decide."""
    sides = [ViewSide(np.empty((len(data), 0), dtype=np.uint8), data) for data in datasets]
    holders = [np.arange(len(data)) for data in datasets]
    return link_views(PLAIN, compare_views(PLAIN, [sides], within=within), [holders], within=within)
