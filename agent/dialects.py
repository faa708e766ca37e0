"""How a model is spoken to: in JSON forms, or in the tagged actions that the AgentCPM-Report weights were trained on.

A dialect says which prompt asks for a step, what the request must hold, how evidence is shown, and brings the reply
into the plain form: what the `json` dialect would have said. Whatever comes after that is the same for all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from redraft.agent import prompting, warp
from redraft.agent.llm import Request
from redraft.agent.settings import Settings
from redraft.store.drafts import Exhibit
from redraft.store.models import Passage
from redraft.tools.sentences import sentence_spans
from redraft.tools.suspicion import harmless

TERSE = "Reason in short notes of at most five words each, one a line."
"""Chain of Draft (arXiv 2502.18600): nearly as right as full sentences, for a fifth of the tokens."""
THOUGHT_TOKENS = 400
"""For the thought that stands before every action: a starting point, not measured. Where the weights were published,
thought and action together had 2,048 tokens."""
LONGEST_PASSAGE = 512
"""Characters of a passage: what the weights were served evidence in. They have not learned to read whole pages."""

_LABEL = re.compile(r"^\[e(\d+)\] ", re.MULTILINE)
_KEY_WORD = re.compile("bibkey|textid", re.IGNORECASE)


class Dialect(Protocol):
    thought_tokens: int
    """Room that a reply takes before it comes to the matter."""
    unreadable: str
    """What is wrong with a reply that has no plain form, as a sentence for the model."""

    def prompt(self, node: str) -> str:
        """The name of the prompt that asks for a step."""

    def request(self, request: Request) -> Request:
        """The request as it must be sent."""

    def plain(self, request: Request, text: str) -> str:
        """JSON of the step's form, or prose that cites `[e3]`; empty for what cannot be read. Never a guess."""

    def shown(self, exhibits: Sequence[Exhibit]) -> str:
        """Evidence as the model sees it: fenced, made harmless, each piece under the id it is cited by."""


class Json:
    """Decisions are JSON that a schema holds the model to, prose is prose. For any model that follows instructions."""

    thought_tokens = 0
    unreadable = ""

    def prompt(self, node: str) -> str:
        return node

    def request(self, request: Request) -> Request:
        return request

    def plain(self, request: Request, text: str) -> str:
        return text

    def shown(self, exhibits: Sequence[Exhibit]) -> str:
        return prompting.shown(exhibits)


class Warp:
    """The steps that the AgentCPM-Report weights know are asked and answered in their tags, all others as in JSON."""

    thought_tokens = THOUGHT_TOKENS
    unreadable = "It has no action that can be read. Give <thought>…</thought> and then <action>…</action>, as asked."

    def prompt(self, node: str) -> str:
        return f"warp_{node}" if node in warp.READERS else node

    def request(self, request: Request) -> Request:
        if request.node not in warp.READERS:
            return request
        room = request.max_tokens + self.thought_tokens
        return replace(request, schema=None, stop=("</action>",), max_tokens=room)

    def plain(self, request: Request, text: str) -> str:
        read = warp.READERS.get(request.node)
        return read(text, request.section) if read else text

    def shown(self, exhibits: Sequence[Exhibit]) -> str:
        pieces = prompting.shown([_short(exhibit) for exhibit in exhibits])
        # Evidence must not name keys of its own. Marks like `[e3]` are gone from it already: those left are labels.
        return _LABEL.sub(r"bibkey: textid\1\n", _KEY_WORD.sub("(key)", pieces))


JSON, WARP = Json(), Warp()
_DIALECTS: Mapping[str, Dialect] = {"json": JSON, "warp": WARP}


def dialect(name: str) -> Dialect:
    """By its name in the settings."""
    return _DIALECTS[name]


def reasoning_rule(settings: Settings) -> str:
    """How long the reasons may be that a judging step gives; empty where nothing is said of it."""
    return TERSE if settings.terse else ""


def _short(exhibit: Exhibit) -> Exhibit:
    passage = exhibit.passage
    # Made harmless while its sentences are whole: half of one might not be known for what it is.
    return exhibit._replace(passage=Passage(**passage.model_dump() | {"text": _head(harmless(passage.text).text)}))


def _head(text: str) -> str:
    """The sentences that `LONGEST_PASSAGE` holds; of a first one that is longer, its first words."""
    ends = [span.end for span in sentence_spans(text) if span.end <= LONGEST_PASSAGE]
    if ends or len(text) <= LONGEST_PASSAGE:
        return text[: ends[-1]] if ends else text
    return text[:LONGEST_PASSAGE].rpartition(" ")[0] or text[:LONGEST_PASSAGE]
