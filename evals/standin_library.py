"""A made-up library on the parts of a city: as many documents as are wanted, each figure in one of them alone."""

import random
from pathlib import Path

THINGS = (
    "trams",
    "buses",
    "bridges",
    "tunnels",
    "canals",
    "harbours",
    "airports",
    "libraries",
    "museums",
    "schools",
    "hospitals",
    "theatres",
    "markets",
    "stadiums",
    "prisons",
    "parks",
    "fountains",
    "sewers",
    "cisterns",
    "reservoirs",
    "dams",
    "turbines",
    "boilers",
    "cables",
    "antennas",
    "streetlights",
    "elevators",
    "escalators",
    "parking",
    "bicycles",
    "taxis",
    "ferries",
    "barges",
    "warehouses",
    "cranes",
    "bakeries",
    "breweries",
    "laundries",
    "kitchens",
    "greenhouses",
    "orchards",
    "beehives",
    "cemeteries",
    "churches",
    "mosques",
    "synagogues",
    "courts",
    "barracks",
    "embassies",
    "archives",
    "printers",
    "telescopes",
    "laboratories",
    "nurseries",
    "playgrounds",
    "zoos",
    "aquariums",
    "cinemas",
    "galleries",
    "studios",
)
"""What its documents are about."""
SENTENCES = 6
"""Of a paragraph."""
TRAITS = {
    "capacity": ("passengers an hour", ("carries", "takes", "moves", "serves")),
    "cost": ("million euros", ("came to", "was put at", "rose to", "had fallen to")),
    "upkeep": ("euros a day", ("takes", "eats up", "was held down to", "never fell below")),
    "lifetime": ("years", ("is", "was found to be", "seldom passes", "can reach")),
    "energy": ("kilowatt hours a week", ("amounts to", "was cut to", "peaks at", "was measured as")),
    "noise": ("decibels at night", ("reaches", "stays under", "was limited to", "averages")),
}
"""What they say of each: its unit, and ways to say it."""
OPENINGS = (
    "According to the council",
    "In the older districts",
    "By the engineers' own reckoning",
    "Along the river",
    "Since the reform",
    "For a town of middling size",
    "Where streets are narrow",
    "In a survey of nine towns",
    "On paper",
    "As residents tell it",
    "Measured over one winter",
    "In the harbour quarter",
    "Before the last election",
    "Under the new contract",
)
PLACES = ("Ashford", "Birk", "Colm", "Dunmore", "Eldwick", "Farrow", "Glenn", "Holt", "Ilken", "Jarrow", "Kells")
ENDINGS = (
    "which planners had not foreseen",
    "more than the neighbouring county allows",
    "and that was called a success",
    "after three years of repairs",
    "with the help of a national fund",
    "although the ground is soft",
    "as the auditors noted twice",
    "against the advice of the railway",
    "if the weather is mild",
    "much to the relief of shopkeepers",
    "a figure that nobody disputes",
    "and the rest is paid by visitors",
    "once the pipes below were moved",
    "while trade went on as before",
)
QUESTION = "What do the parts of a city cost to build and to keep, and what does each of them carry?"
"""To be asked of it."""


def documents(folder: Path, count: int) -> Path:
    """A folder with `count` documents of six paragraphs each."""
    folder.mkdir(parents=True)
    for number, thing in enumerate(THINGS[:count], start=1):
        body = "\n\n".join(_paragraph(thing, trait, 1000 * number + 100 * at) for at, trait in enumerate(TRAITS))
        (folder / f"{thing}.md").write_text(f"# {thing.title()} in cities\n\n{body}\n")
    return folder


def _paragraph(thing: str, trait: str, figure: int) -> str:
    chance = random.Random(f"{thing} {trait}")  # noqa: S311 - the same library every time
    openings, endings = chance.sample(OPENINGS, SENTENCES), chance.sample(ENDINGS, SENTENCES)
    said = (
        _sentence(opening, thing, trait, figure + 7 * at, ending, chance)
        for at, (opening, ending) in enumerate(zip(openings, endings, strict=True))
    )
    return f"## {trait.title()}\n\n{' '.join(said)}"


def _sentence(opening: str, thing: str, trait: str, figure: int, ending: str, chance: random.Random) -> str:
    unit, verbs = TRAITS[trait]
    place = PLACES[figure % len(PLACES)]
    return f"{opening}, the {trait} of {thing} around {place} {chance.choice(verbs)} {figure} {unit}, {ending}."
