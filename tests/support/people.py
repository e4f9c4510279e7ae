"""Invented people, different enough from each other to be told apart."""

from collections.abc import Mapping

_FORENAMES = """Aldous Bettina Cornelius Davina Erasmus Florinda Gideon Hermione Ignatius Jacintha
Kester Lucasta Mortimer Nerissa Octavian Perpetua Quentin Rosamund Septimus Thomasina"""
_SURNAMES = """Abernethy Blenkinsop Cholmondeley Dalrymple Entwistle Featherstone Grimshaw Hollingworth
Inchbald Jellicoe Kirkbride Lillywhite Micklethwaite Nettleship Ormerod Postlethwaite"""
_AREAS = ("CM", "ME", "WR", "BN")


def invent_people(count: int, *, skip: int = 0) -> list[Mapping[str, str]]:
    """Return people number ``skip`` to ``skip + count``; the same number is the same person."""
    return [_invent_person(number) for number in range(skip, skip + count)]


def _invent_person(number: int) -> Mapping[str, str]:
    forenames, surnames = _FORENAMES.split(), _SURNAMES.split()
    turn, place = divmod(number, len(forenames))
    year, month, day = 1950 + number * 7 % 55, 1 + number * 5 % 12, 1 + number * 11 % 28
    return {
        "forenames": forenames[place],
        "surname": surnames[(place + turn) % len(surnames)],
        "dob": f"{year:04d}-{month:02d}-{day:02d}",
        "sex": "F" if number % 2 else "M",
        "postcode": f"{_AREAS[number % 4]}{1 + number % 9} {number % 10}{'ABDEFGHJLN'[number % 10]}Q",
    }
