"""Known records: learn from a few people who is behind every other row.

Layer: lab. Pure numpy. :mod:`lab.attacks.prediction` does the work; known records are its first pairs. It
needs no similarity between rows to survive on sight: exclusive or of positions hides similarity from graph
matching and not from here.

Source: known plaintext as in Vidanage, Ranbaduge, Christen and Schnell (2022), A taxonomy of attacks on
privacy-preserving record linkage. The attack is Clew's own.
"""

import numpy as np

from lab.attacks.expected_similarity import expect_similarity
from lab.attacks.observation import (
    NOBODY,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_bits,
    name_nobody,
)
from lab.attacks.prediction import Pairs, predict_people

FEWEST_KNOWN = 5


def match_known(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row of views of which the attacker knows some records.

    Views with blocks are passed over: a known record tells nothing of blocks with other keys. So are
    schemes that do not say what they encode.
    """
    nobody = name_nobody(observation)
    return tuple(
        _match_view(view, knowledge, index)
        if view.encodings is not None and view.blocks is None and len(anchors) >= FEWEST_KNOWN
        else nobody[index]
        for index, (view, anchors) in enumerate(zip(observation.views, knowledge.anchors, strict=True))
    )


def _match_view(view: View, knowledge: Knowledge, index: int) -> Ints:
    _, person = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))[index]
    expected = expect_similarity(knowledge, view=index, people=person)
    if expected is None:
        return np.full(view.rows, NOBODY, dtype=np.int64)
    place = np.full(len(knowledge.people), NOBODY, dtype=np.int64)
    place[person] = np.arange(len(person))
    rows, people = knowledge.anchors[index].T
    signs = 2 * get_bits(view) - 1
    pairs = Pairs(rows, place[people], len(rows))
    return person[predict_people(signs - signs.mean(axis=0), expected, pairs).nearest]
