"""The arms of an ablation: the same tasks with one choice changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.agent.errors import UserError
from redraft.agent.settings import Settings
from redraft.agent.web import LIBRARY, NONE, PAGES

BASE = "base"
PRIME = "prime"
"""Of no arm: the evaluation run that goes into the web, so that the arms need not."""
_AT_HOME = frozenset({LIBRARY, PAGES, NONE})


@dataclass(frozen=True)
class Arm:
    name: str
    what: str
    """What it changes, in words."""
    change: Mapping[str, Any]
    """Settings in the place of the base's."""
    usual: bool = True
    """Whether it is carried out where no arms are named."""

    @property
    def needs_server(self) -> bool:
        """Whether the change is one of the model server, which has to be started for it."""
        return "speculation" in self.change


def _without(step: str, what: str, *, usual: bool = True) -> Arm:
    return Arm(f"no-{step}", what, {step: False}, usual)


ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm(BASE, "the settings as they are given", {}),
        Arm("no-rounds", "first drafts and the closing steps: no rounds at all", {"rounds": 0}, usual=False),
        _without("deepen", "no subsections are added"),
        _without("denoise", "no section is rewritten with new evidence"),
        _without("critique", "nobody reviews the report between rounds"),
        _without("vote", "of two versions that counting cannot tell apart, the new one stands"),
        _without("verify", "no claim is held against its evidence"),
        _without("disputes", "sources that disagree are not shown side by side", usual=False),
        _without("cohere", "repetition stays, and terms as they are"),
        _without("fit", "the report stays as long as it became", usual=False),
        _without("conclusion", "no conclusion is written", usual=False),
        _without("terse", "steps that judge give their reasons at length", usual=False),
        Arm("serial", "one section and one round at a time, each seeing those before", {"serial": True}),
        Arm("one-variant", "one question and one answer a round", {"question_variants": 1, "answer_variants": 1}),
        Arm("dense", "passages are found by meaning as well", {"dense": True}, usual=False),
        Arm("warp", "the dialect of the AgentCPM-Report weights", {"dialect": "warp"}, usual=False),
        Arm("no-speculation", "the server drafts no tokens ahead", {"speculation": "off"}, usual=False),
    )
}
"""By name, in the order that they are carried out in."""


def chosen(names: Sequence[str], settings: Settings) -> list[Arm]:
    """The arms of these names, else the usual ones; the base is always among them, and first.

    Raises `UserError` for a name that no arm has, and for an arm that is named and changes nothing of these settings.
    One of the usual arms that changes nothing is left out.
    """
    if unknown := [name for name in names if name not in ARMS]:
        message = f"there is no arm {unknown[0]!r}: there are {', '.join(ARMS)}"
        raise UserError(message)
    alike = [arm.name for arm in ARMS.values() if arm.change and effect(settings, arm) == effect(settings, ARMS[BASE])]
    if vain := [name for name in names if name in alike]:
        message = f"the arm {vain[0]} would be the base once more: with these settings it changes nothing"
        raise UserError(message)
    wanted = {BASE, *(names or (arm.name for arm in ARMS.values() if arm.usual))} - {*alike}
    return [arm for arm in ARMS.values() if arm.name in wanted]


def effect(settings: Settings, arm: Arm) -> dict[str, Any]:
    """All that a report and its speed depend on: a preset's number and the same number given are one."""
    changed = settings.restored(dict(arm.change))
    size = changed.size._asdict()
    settled = {name: value for name, value in changed.snapshot().items() if name not in (*size, "preset", "serial")}
    return settled | size | {"serial": changed.serial, "speculation": changed.speculation}


def goes_out(settings: Settings) -> bool:
    """Whether a run with these settings asks the web."""
    return not settings.offline and not _AT_HOME.issuperset(settings.search)
