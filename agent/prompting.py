"""From what the store knows to the messages that a step sends. The order is that of the prompt files."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from redraft.agent import digest, waves
from redraft.agent.citations import mark
from redraft.agent.errors import ContextTooSmall
from redraft.agent.languages import labels_of_run
from redraft.agent.llm import Capacity, Message
from redraft.agent.prose import one_line
from redraft.prompts import render
from redraft.store import runs
from redraft.store.database import Database
from redraft.store.drafts import Exhibit
from redraft.tools.passages import BELOW
from redraft.tools.sanitize import fence
from redraft.tools.suspicion import harmless

LEFT_OUT_NOTICE = "(contains text addressed to software, left out)"
"""Marks a piece of evidence of which the model sees only a part."""


def messages(database: Database, run_id: str, node: str, **values: Any) -> tuple[Message, ...]:
    """The messages of one step: system, then question, brief and outline as far as they exist, then the step's own."""
    run = runs.get(database, run_id)
    said = labels_of_run(run)
    context = {
        "language": said,
        "question": run.question,
        "brief": runs.brief(database, run_id),
        "outline": digest.outline(waves.settled_outline(database, run_id)),
    }
    prompt = render(node, **context, **values)
    return Message(role="system", content=render("system", language=said)), Message(role="user", content=prompt)


def shown(exhibits: Sequence[Exhibit]) -> str:
    """Evidence as the model sees it: fenced, made harmless, each piece under the id it is cited by."""
    return fence("\n\n".join(_piece(exhibit) for exhibit in exhibits))


def _piece(exhibit: Exhibit) -> str:
    source = exhibit.source
    heading = exhibit.passage.heading.removeprefix(source.title).removeprefix(BELOW)  # most begin with the title
    origin = ", ".join(part for part in (source.title, source.site, source.date, heading) if part)
    lines, passage = harmless(origin), harmless(exhibit.passage.text)
    label = harmless(one_line(lines.text))
    notice = f" {LEFT_OUT_NOTICE}" if lines.left_out or label.left_out or passage.left_out else ""
    return f"{mark([exhibit.evidence.number])} {label.text}{notice}\n{passage.text}"


class Fitting(NamedTuple):
    skipped: int
    """Prompts before it that were too large."""
    prompt: tuple[Message, ...]


async def fitting(llm: Capacity, prompts: Iterable[tuple[Message, ...]], *, reserve: int) -> Fitting:
    """The first prompt that leaves `reserve` tokens for the reply. Order them from largest to smallest.

    The prompts after it are not even made, where they come from a generator. Raises `ContextTooSmall` when not even the
    last one fits.
    """
    needed = 0
    for skipped, prompt in enumerate(prompts):
        needed = await llm.count(prompt) + reserve
        if needed <= llm.context:
            return Fitting(skipped, prompt)
    message = (
        f"the served model holds {llm.context} tokens, and the smallest prompt with its reply needs {needed}: "
        "serve it with a larger --context, or ask for fewer sections or words"
    )
    raise ContextTooSmall(message)
