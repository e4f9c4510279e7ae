"""Plant the people whose fate the demo follows, as exact rows relative to a given day.

Layer: lab. Each story is one question a chief officer would ask (DOMAIN F01, F09, F12, P-05 and the
look-alikes that must stay apart). Names are invented and occur in no name pool, so a search for them
in a store or a log has no innocent hits: they are the canaries of the leak search.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from lab.canary_forms import SHORTEST_VALUE, Canary
from lab.synthetic.recording import format_pncid
from lab.synthetic.story import Cast, PlantedContact, PlantedCrime, PlantedPerson, Story


def tell_stories(cast: Cast, today: date) -> tuple[Story, ...]:
    """Return every story for this cast and day."""
    return (
        _penny(cast),
        _juvenile(cast, today),
        _adult(cast),
        _low(cast),
        _unreleased(cast),
        _twins(cast),
        _father_and_son(cast),
        _namesakes(cast),
        _one_home(cast),
    )


def _penny(cast: Cast) -> Story:
    born, home, moved = date(1988, 5, 23), "WR14 3QN", "CT21 6HX"
    man, woman = (
        ("CORWYN", "TAVISH", "QUILLFEATHER", born, "M"),
        ("PENNY", "", "OMBERSLEYGH", date(1991, 8, 17), "F"),
    )
    initial = ("CORWYN", "T", "QUILLFEATHER", born, "M")
    crimes = [("105A", 400), ("105A", 300), ("8N", 210), ("8L", 150)]
    return Story(
        label="penny",
        expectation="Two first offences become one history: MEDIUM alone in one force, HIGH if linked.",
        people=(
            PlantedPerson("partner_home", cast.west_mercia, *man, home),
            PlantedPerson("penny_home", cast.west_mercia, *woman, home),
            PlantedPerson("partner_moved", cast.kent, *initial, moved),
            PlantedPerson("penny_moved", cast.kent, *woman, moved),
            PlantedPerson("partner_care", cast.partner, *man, moved),
        ),
        crimes=(
            *(
                PlantedCrime(
                    "partner_home", "penny_home", ho_class, days, 16, "INTIMATE_CURRENT", team="DA_UNIT"
                )
                for ho_class, days in crimes
            ),
            PlantedCrime("partner_moved", "penny_moved", "8N", 1, None, "INTIMATE_CURRENT"),
        ),
        contacts=(PlantedContact("partner_care", 60, "APPROVED"),),
        same_person=(("partner_home", "partner_moved", "partner_care"),),
        scores={"partner_moved": 51.7, "linked": 61.8},
    )


def _juvenile(cast: Cast, today: date) -> Story:
    born = date(today.year - 16, today.month, 1) + timedelta(days=200)  # fifteen years old today
    pncid = format_pncid(44, 318_207)
    # 22B implies a victim under 16, but F01 fixes "no markers": the age is recorded as unknown.
    offences = [("19C", 20, "16-17"), ("20A", 75, "16-17"), ("22B", 140, "U"), ("88E", 200, "26-59")]
    teams = ("SEXUAL_OFFENCES", "CID", "YOUTH", "NEIGHBOURHOOD")
    forenames = ("ISOLDE", "MARGERY", "WINIFRED", "ROSAMUND")
    suspects, victims, crimes = [], [], []
    for number, (ho_class, days, band) in enumerate(offences, start=1):
        suspect, victim = f"boy_{number}", f"victim_{number}"
        known = pncid if number in (1, 2) else ""
        suspects.append(
            PlantedPerson(suspect, cast.essex, "EVANDER", "", "THRIPPLEWOOD", born, "M", "SS17 8QJ", known)
        )
        victim_born = today - timedelta(days=int(365.25 * (17.5 if band == "16-17" else 30)))
        surname = f"HAZELBRIGG{'ETSW'[number - 1]}"
        victims.append(
            PlantedPerson(
                victim, cast.essex, forenames[number - 1], "", surname, victim_born, "F", "SS17 9HB"
            )
        )
        crimes.append(
            PlantedCrime(suspect, victim, ho_class, days, None, "ACQUAINTANCE", band, teams[number - 1])
        )
    return Story(
        label="juvenile",
        expectation="Four teams hold one boy as four records; merged he is the force's highest, VERY_HIGH.",
        people=(*suspects, *victims),
        crimes=tuple(crimes),
        same_person=(("boy_1", "boy_2", "boy_3", "boy_4"),),
        scores={"boy_1": 64.4, "boy_2": 53.2, "boy_3": 48.4, "boy_4": 33.8, "merged": 85.8},
    )


def _adult(cast: Cast) -> Story:
    identity = (
        "LEOFRIC",
        "AMBERLEY",
        "STOKENSHAW",
        date(1983, 11, 6),
        "M",
        "CM13 2XB",
        format_pncid(41, 207_733),
    )
    first, second = (
        ("ODETTE", "", "FENNIMARSH", date(1986, 2, 9), "F"),
        ("SABRINA", "", "KETTLEBOURN", date(1990, 7, 28), "F"),
    )
    return Story(
        label="adult",
        expectation="Stalking and strangulation here, rape there: confirmed, requested, approved.",
        people=(
            PlantedPerson("man_essex", cast.essex, *identity),
            PlantedPerson("man_kent", cast.kent, *identity),
            PlantedPerson("first_victim", cast.essex, *first, "CM13 3YD"),
            PlantedPerson("second_victim", cast.kent, *second, "ME17 4RZ"),
        ),
        crimes=(
            PlantedCrime("man_essex", "first_victim", "8Q", 190, None, "INTIMATE_EX", team="DA_UNIT"),
            PlantedCrime("man_essex", "first_victim", "8L", 150, None, "INTIMATE_EX", team="DA_UNIT"),
            PlantedCrime(
                "man_essex",
                "first_victim",
                "8N",
                120,
                None,
                "INTIMATE_EX",
                team="DA_UNIT",
                strangulation=True,
            ),
            PlantedCrime("man_kent", "second_victim", "19C", 30, None, "INTIMATE_EX", team="SEXUAL_OFFENCES"),
            PlantedCrime("man_kent", "second_victim", "8Q", 12, None, "INTIMATE_EX", team="CID"),
        ),
        same_person=(("man_essex", "man_kent"),),
        scores={"man_essex": 52.1, "man_kent": 69.0, "linked": 80.9},
    )


def _low(cast: Cast) -> Story:
    identity = (
        "BALTHASAR",
        "HENRICK",
        "WINTERSLOPE",
        date(1979, 4, 14),
        "M",
        "CO15 4QW",
        format_pncid(47, 551_902),
    )
    return Story(
        label="low",
        expectation="Surely one man, but two minor matters: a request is refused under P-05.",
        people=(
            PlantedPerson("man_essex", cast.essex, *identity),
            PlantedPerson("man_kent", cast.kent, *identity),
            PlantedPerson(
                "first_victim", cast.essex, "GWENLLIANA", "", "DUNSTERFOLD", date(1982, 9, 3), "F", "CO15 5RT"
            ),
            PlantedPerson(
                "second_victim", cast.kent, "PHILOMENA", "", "ASHRIDDLE", date(1975, 12, 19), "F", "TN23 7BP"
            ),
        ),
        crimes=(
            PlantedCrime("man_essex", "first_victim", "105A", 60, None, "ACQUAINTANCE"),
            PlantedCrime("man_kent", "second_victim", "105A", 90, None, "ACQUAINTANCE"),
        ),
        same_person=(("man_essex", "man_kent"),),
        scores={"man_essex": 35.0, "man_kent": 32.8, "linked": 47.7},
    )


def _unreleased(cast: Cast) -> Story:
    identity = ("ALARICUS", "DENHOLM", "FROSTWICKE", date(1985, 3, 27), "M", "ME14 5XL")
    return Story(
        label="unreleased",
        expectation="Social care holds the suspect too, unreleased by its Guardian: police see nothing.",
        people=(
            PlantedPerson("man_kent", cast.kent, *identity),
            PlantedPerson("man_care", cast.partner, *identity),
            PlantedPerson(
                "victim", cast.kent, "CLEMENTINA", "", "VALLISHAM", date(1987, 10, 11), "F", "ME14 6HN"
            ),
        ),
        crimes=(PlantedCrime("man_kent", "victim", "8L", 45, None, "INTIMATE_EX"),),
        contacts=(PlantedContact("man_care", 70, "NOT_REQUESTED"),),
        same_person=(("man_kent", "man_care"),),
    )


def _pair(label: str, expectation: str, first: PlantedPerson, second: PlantedPerson) -> Story:
    """Two different people in two members, each suspected of one common assault."""
    victims = tuple(
        PlantedPerson(f"victim_{n}", p.member, name, "", surname, date(1980 + n, 6, 21 + n), "F", postcode)
        for n, (p, name, surname, postcode) in enumerate(
            (
                (first, "TAMSINA", f"{label.upper()}FORDE", "SS11 8TQ"),
                (second, "JESSAMYNE", f"{label.upper()}MERE", "TN23 9LG"),
            )
        )
    )
    return Story(
        label=label,
        expectation=expectation,
        people=(first, second, *victims),
        crimes=(
            PlantedCrime(first.key, "victim_0", "105A", 130, 16, "ACQUAINTANCE"),
            PlantedCrime(second.key, "victim_1", "105A", 220, 16, "ACQUAINTANCE"),
        ),
        different=((first.key, second.key),),
    )


def _twins(cast: Cast) -> Story:
    born = date(1994, 1, 30)
    return _pair(
        "twins",
        "Twin brothers, each known to the force of his own home: not one person.",
        PlantedPerson("twin_essex", cast.essex, "BARNABUS", "OTTO", "HOLLOWCRAKE", born, "M", "CO12 3GY"),
        PlantedPerson("twin_kent", cast.kent, "SYLVESTRE", "KIM", "HOLLOWCRAKE", born, "M", "ME15 8QD"),
    )


def _father_and_son(cast: Cast) -> Story:
    father, son = date(1961, 7, 8), date(1989, 12, 25)
    return _pair(
        "namesons",
        "Father and son of one name: not one person.",
        PlantedPerson("father_kent", cast.kent, "TIBERIUS", "JOHN", "MARLOWBECK", father, "M", "ME10 4ZU"),
        PlantedPerson("son_essex", cast.essex, "TIBERIUS", "LUKE", "MARLOWBECK", son, "M", "SS13 1WF"),
    )


def _namesakes(cast: Cast) -> Story:
    first, second = date(1986, 2, 3), date(1986, 11, 27)
    return _pair(
        "namesakes",
        "Two men of one name born in the same year: not one person.",
        PlantedPerson(
            "man_west_mercia", cast.west_mercia, "ANSELMO", "REGINALD", "PICKERLEIGH", first, "M", "SY10 7DB"
        ),
        PlantedPerson("man_kent", cast.kent, "ANSELMO", "GUY", "PICKERLEIGH", second, "M", "CT10 1WJ"),
    )


def _one_home(cast: Cast) -> Story:
    born, home = date(1997, 6, 12), "CM19 6PL"
    story = _pair(
        "onehome",
        "Twins at one address: plain encodings may propose them; only confirmation can tell them apart.",
        PlantedPerson("twin_essex", cast.essex, "LUCASTA", "FAYE", "BROOMHATCH", born, "F", home),
        PlantedPerson("twin_kent", cast.kent, "VERITYANN", "ROSE", "BROOMHATCH", born, "F", home),
    )
    return replace(story, different=(), confusable=story.different)


def list_canaries(stories: Sequence[Story]) -> tuple[Canary, ...]:
    """Return each planted name, date of birth and postcode once, with a label that reveals nothing."""
    found: dict[tuple[str, str], Canary] = {}
    for story in stories:
        for person in story.people:
            name = f"{story.label}.{person.key}"
            values = (
                ("forename", "NAME", person.forename),
                ("surname", "NAME", person.surname),
                ("full_name", "NAME", f"{person.forename} {person.surname}"),
                ("dob", "DATE", person.dob.isoformat()),
                ("postcode", "POSTCODE", person.postcode),
            )
            for part, kind, value in values:
                # PENNY alone is an everyday word; her surname and full name are canaries.
                if kind != "NAME" or len(value) >= SHORTEST_VALUE:
                    found.setdefault((kind, value), Canary(f"{name}.{part}", kind, value))
    return tuple(found.values())
