"""The stand-in for a good writer in the dialect `warp`: the steps that the weights know in their tags."""

import json
import re
from typing import Any

from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.warp import READERS
from redraft.evals import standin
from redraft.tests.agent.whole import standing_in
from redraft.tests.tagged import acted


def tagging() -> ScriptedLLM:
    """Answers every step well in the dialect `warp`."""
    usual = standing_in()
    return ScriptedLLM({**usual.script, **dict.fromkeys(READERS, tagged)})


def tagged(request: Request) -> str:
    """What the stand-in says to the same request in plain form, as an action behind a thought."""
    said = standin.STEPS[request.node](_plain(request.messages[-1].content))
    if request.node == "draft":
        return acted(re.sub(r"\[e(\d+)\]", r"\\cite{textid\1}", said))
    return acted(json.dumps(_action(request, json.loads(said))))


def _plain(prompt: str) -> str:
    labelled = re.sub(r"^bibkey: textid(\d+)\n", r"[e\1] ", prompt, flags=re.MULTILINE)
    titled = re.sub(r"^# section-", "# Section ", labelled, flags=re.MULTILINE)
    return re.sub(r"What has to be written next is section-", "\nSection ", titled)


def _action(request: Request, form: dict[str, Any]) -> dict[str, Any]:
    if request.node == "query":
        return {"name": "search", "keywords": form["queries"]}
    if request.node == "outline":
        return {"name": "init-plan", "title": "The parts of a city", "sections": _planned(form["sections"])}
    children = _planned(form["subsections"])
    return {"name": "extend-plan", "position": f"section-{request.section}", "subsections": children}


def _planned(sections: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"title": section["title"], "plan": section["purpose"]} for section in sections]
