"""Arms of ablations: what each changes, and which are worth carrying out."""

from typing import Any

import pytest

from redraft.agent.errors import UserError
from redraft.agent.settings import Settings
from redraft.evals.arms import ARMS, BASE, chosen, effect, goes_out


def names(settings: Settings, *wanted: str) -> list[str]:
    return [arm.name for arm in chosen(wanted, settings)]


@pytest.mark.parametrize("name", sorted(ARMS.keys() - {BASE}))
def test_every_arm_changes_what_a_run_of_the_standard_preset_does(name: str) -> None:
    assert effect(Settings(), ARMS[name]) != effect(Settings(), ARMS[BASE])


def test_the_base_is_always_there_and_first() -> None:
    assert names(Settings(), "serial", "no-deepen") == ["base", "no-deepen", "serial"]
    assert names(Settings())[0] == "base"


def test_an_arm_that_changes_nothing_is_refused_by_name_and_left_out_of_the_usual_ones() -> None:
    quick = Settings(preset="quick", deepen=False)

    assert {"no-deepen", "one-variant"}.isdisjoint(names(quick))
    with pytest.raises(UserError, match="the arm one-variant would be the base once more"):
        chosen(["serial", "one-variant"], quick)


def test_a_name_that_no_arm_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match="there is no arm 'no-deepening': there are base, no-rounds, no-deepen"):
        chosen(["no-deepening"], Settings())


@pytest.mark.parametrize(
    ("chosen", "out"),
    [
        ({"search": ("auto",)}, True),
        ({"search": ("library", "searxng")}, True),
        ({"search": ("none",)}, False),
        ({"search": ("library", "pages")}, False),
        ({"offline": True}, False),
    ],
)
def test_a_run_goes_out_where_it_has_a_provider_there_and_may(chosen: dict[str, Any], *, out: bool) -> None:
    assert goes_out(Settings(**chosen)) is out
