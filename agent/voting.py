"""VOTE: two texts that counting cannot tell apart are compared by the model, in both orders."""

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from redraft.agent.asking import fill, fitted
from redraft.agent.llm import Request
from redraft.agent.prompting import messages
from redraft.agent.state import Deps
from redraft.store.models import Section

VOTE_TOKENS = 160


class Ballot(BaseModel):
    why: Annotated[str, StringConstraints(max_length=300)]
    """Stands first: a judgement that comes before its reasons has none."""
    better: Literal["A", "B", "same"]


async def prefers(deps: Deps, section: Section, gap: str, *, old: str, new: str) -> bool:
    """Whether the model finds the new text better, whichever of the two it reads first.

    Judges favour a place as much as a text (Zheng et al. 2023, arXiv 2306.05685): where the two answers disagree, or
    one cannot be had, as where both texts are too long, neither counts.
    """
    first, second = await asyncio.gather(
        _ballot(deps, section, gap, one=old, other=new), _ballot(deps, section, gap, one=new, other=old)
    )
    return first is not None and second is not None and (first.better, second.better) == ("B", "A")


async def _ballot(deps: Deps, section: Section, gap: str, *, one: str, other: str) -> Ballot | None:
    values = {"section": section, "gap": gap, "one": one, "other": other, "terse": deps.settings.terse}
    prompt = messages(deps.database, section.run_id, "vote", **values)
    request = Request(node="vote", section=section.number, messages=(), max_tokens=VOTE_TOKENS, temperature=0)
    fit = await fitted(deps, request, [prompt])
    return await fill(deps, fit.request, Ballot) if fit else None
