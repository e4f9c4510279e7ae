"""The small federation of the demo: a thin use of the generator, and the names that others import.

Layer: lab.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from crypto.errors import InputError
from lab.synthetic.federation import Federation, generate
from lab.synthetic.parameters import Parameters, SharingRates, choose_errors
from lab.synthetic.writing import describe_stories, write_federation

__all__ = [
    "DEMO_ERRORS",
    "DEMO_OVERLAP",
    "Federation",
    "describe_stories",
    "generate_federation",
    "write_federation",
]

DEMO_OVERLAP = 0.10  # about the 200 shared suspects of DOMAIN F08 at the demo's size
DEMO_ERRORS = "low"  # what plain encodings manage; ./run quality shows what they do not


def generate_federation(
    *, forces: Sequence[str], partner: str, records_per_force: int, seed: int, today: date
) -> Federation:
    """Return a synthetic federation of equal forces, the same for the same arguments.

    Each person has one nominal in a force, so that the story of the juvenile with four stands alone;
    records are at the low level of error.

    Args:
        forces: At least two member names of territorial forces, such as `west-mercia`.
        partner: Member name of the social care partner; it works in the area of the story's Kent.
        records_per_force: Rows of each force's nominal table before the planted stories, >= 100.
        seed: Seed of the generator.
        today: The day to which ages of events and people are relative.

    Raises:
        InputError: Fewer than two forces, a name twice or not a force, or too few records.
    """
    if len({*forces, partner}) != len(forces) + 1:
        raise InputError("expected at least two forces and a partner, all of different names")
    sharing = replace(SharingRates(), overlap=DEMO_OVERLAP, several_nominals=0.0)
    sizes = dict.fromkeys(forces, records_per_force)
    return generate(
        Parameters(
            sizes=sizes,
            partner=partner,
            seed=seed,
            today=today,
            sharing=sharing,
            errors=choose_errors(DEMO_ERRORS),
        )
    )
