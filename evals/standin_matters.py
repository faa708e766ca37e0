"""What the stand-in has to say of its two libraries: the made-up one, and the one of the tests on getting about."""

from collections.abc import Sequence

from redraft.evals.standin_library import QUESTION, THINGS, TRAITS

PARTS = ("Capacity of each way to travel", "Cost of building", "Lifetime of the parts", "Energy that is needed")
PAIRS = (
    ("Upkeep over the years", "Staff and drivers"),
    ("Noise in the street", "Air of the city"),
    ("Space on the road", "Safety of those who walk"),
)
MATTERS = (
    "How long do the rails of a tram line last?",
    "What does building a bus lane cost a kilometre?",
    "How many people does a cycle path carry an hour?",
    "How long does a battery bus last?",
)


def titles(prompt: str) -> Sequence[str]:
    """Of the sections that a report may have."""
    return [f"{thing.title()} and their use" for thing in THINGS] if QUESTION in prompt else PARTS


def subtitles(prompt: str, number: str, title: str) -> Sequence[str]:
    """Of what is put below a section."""
    if QUESTION not in prompt:
        return PAIRS[int(number[0]) % len(PAIRS)]
    return [f"{trait.title()} of {_thing(title)}" for trait in list(TRAITS)[:2]]


def searches(title: str) -> Sequence[str]:
    """What is searched for besides the title of a section."""
    thing = _thing(title)
    return [f"{trait} of {thing}" for trait in list(TRAITS)[:2]] if thing in THINGS else ["euros a kilometre"]


def matters(prompt: str, title: str) -> Sequence[str]:
    """The questions that can be asked of a section."""
    thing = _thing(title) if QUESTION in prompt else ""
    return [f"What is the {trait} of {thing} in cities?" for trait in reversed(TRAITS)] if thing in THINGS else MATTERS


def _thing(title: str) -> str:
    return title.split()[0].lower()
