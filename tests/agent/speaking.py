"""A stand-in for a good writer in other languages than English, and libraries that its reports can be written from."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from redraft.agent.llm import Request, ScriptedLLM
from redraft.agent.prose import word_count
from redraft.evals import standin
from redraft.evals.standin_reading import PIECE
from redraft.tests.agent.whole import standing_in
from redraft.tools.retrieve import terms
from redraft.tools.sentences import sentence_spans


class Tongue(NamedTuple):
    """What is said in a language of parts of a city."""

    question: str
    title: str
    things: Sequence[str]
    traits: Sequence[str]
    points: Sequence[str]
    """What a good report does, of the checklist."""
    heading: str
    """Of a section, on a thing."""
    matter: str
    """The question for a trait of a thing."""
    sentences: Sequence[str]
    """What a document says of a trait of its thing, with a figure."""


TONGUES = {
    "de": Tongue(
        question="Was kosten Straßenbahnen, Brücken und Häfen einer Stadt, und wie lange halten sie?",
        title="Was die Teile einer Stadt kosten und wie lange sie halten",
        things=("Straßenbahnen", "Brücken", "Häfen"),
        traits=("Kosten", "Lebensdauer", "Lärm"),
        points=(
            "Was kosten die Straßenbahnen?",
            "Wie lange halten Brücken?",
            "Welchen Lärm machen die Häfen?",
            "Sind die Absätze kurz?",
        ),
        heading="{thing} und ihr Nutzen",
        matter="Wie steht es um {trait} der {thing} in den Städten?",
        sentences=(
            "Für die {thing} der Stadt wurden im Bericht über {trait} zuletzt {figure} Einheiten genannt.",
            "Nach einer Messung über einen Winter liegt der Wert für {trait} der {thing} am Fluss bei {figure}.",
            "Wo die Straßen eng sind, wird für {trait} der {thing} mit {figure} gerechnet, was niemand bestreitet.",
        ),
    ),
    "zh": Tongue(
        question="城市里的有轨电车、桥梁和港口建设成本是多少，能使用多久？",
        title="城市各部分的建设成本与使用寿命",
        things=("有轨电车", "桥梁", "港口"),
        traits=("建设成本", "使用寿命", "噪音水平"),
        points=("有轨电车的建设成本", "桥梁能用多少年", "港口的噪音有多大", "段落是否简短"),
        heading="{thing}",
        matter="城市里{thing}的{trait}是多少？",
        sentences=(
            "根据市政府公布的年度报告，{thing}的{trait}最近一次统计的数值为{figure}个单位。",
            "经过整个冬季的测量，河边一带{thing}的{trait}大约是{figure}，高于邻近的县城。",
            "在街道狭窄的老城区，{thing}的{trait}按{figure}来计算，对此没有人提出异议。",
        ),
    ),
}


def documents(folder: Path, tongue: Tongue) -> Path:
    """A document for each thing, with a paragraph for each trait."""
    folder.mkdir()
    for at, thing in enumerate(tongue.things, start=1):
        said = [
            f"## {trait}\n\n" + " ".join(_sentence(tongue, thing, trait, 1000 * at + 100 * row))
            for row, trait in enumerate(tongue.traits, start=1)
        ]
        (folder / f"{at}.md").write_text(f"# {thing}\n\n" + "\n\n".join(said) + "\n", "utf-8")
    return folder


def _sentence(tongue: Tongue, thing: str, trait: str, figure: int) -> Iterator[str]:
    for more, text in enumerate(tongue.sentences):
        yield text.format(thing=thing, trait=trait, figure=figure + 7 * more)


def speaking(tongue: Tongue) -> ScriptedLLM:
    """Answers every step in this language, by its prompt."""
    own: dict[str, Callable[[str], str]] = {
        "brief": lambda prompt: _brief(tongue, prompt),
        "outline": lambda _: _outline(tongue),
        "query": lambda prompt: _query(tongue, prompt),
        "question": lambda prompt: _question(tongue, prompt),
        "deepen": lambda prompt: _deepen(tongue, prompt),
        "critique": lambda _: json.dumps({"gaps": []}),
        **dict.fromkeys(("draft", "repair", "hedge"), _draft),
        **dict.fromkeys(("summary", "conclusion"), _closing),
        "answer": _finding,
        "verify_answer": _answer,
        **dict.fromkeys(("cohere", "shorten"), _shorter),
    }

    def reply(request: Request) -> str:
        prompt = request.messages[-1].content
        return own[request.node](prompt) if request.node in own else standin.STEPS[request.node](prompt)

    return ScriptedLLM(dict.fromkeys(standing_in().script, reply))


def _brief(tongue: Tongue, prompt: str) -> str:
    form = json.loads(standin.brief(prompt))
    for item, point in zip(form["checklist"], tongue.points, strict=True):
        item["text"] = point
    return json.dumps(form | {"title": tongue.title, "intent": tongue.question})


def _outline(tongue: Tongue) -> str:
    titles = [tongue.heading.format(thing=thing) for thing in tongue.things]
    planned = [
        {"title": title, "purpose": point, "hypotheses": [], "weight": 2}
        for title, point in zip(titles, tongue.points, strict=False)
    ]
    return json.dumps({"sections": planned})


def _query(tongue: Tongue, prompt: str) -> str:
    title = re.findall(r'^Section [\d.]+, "(.+?)"', prompt, re.MULTILINE)[0]
    return json.dumps({"queries": [title, tongue.traits[0]]})


def _question(tongue: Tongue, prompt: str) -> str:
    before = prompt.partition("# Asked before")[2].partition("\n# ")[0]
    asked = [tongue.matter.format(thing=thing, trait=trait) for trait in tongue.traits[1:] for thing in tongue.things]
    new = [matter for matter in asked if matter not in before]
    place = {"section": re.findall(r"one of ([\d.]*\d)", prompt + "one of 1")[0], "priority": "high"}
    kind = "branch" if "as a whole" in prompt else "thin"
    said = {"nothing": not new, "kind": kind, "question": new[0] if new else "", "queries": new[:1]}
    return json.dumps({**place, **said, "hard": False, "parts": []})


def _deepen(tongue: Tongue, prompt: str) -> str:
    number, _ = re.findall(r'^# Section ([\d.]+), "(.+)"', prompt, re.MULTILINE)[0]
    thing = tongue.things[int(number[0]) - 1]
    titles = [f"{thing}: {trait}" for trait in tongue.traits[1:]]
    return json.dumps({"subsections": [{"title": title, "purpose": title, "hypotheses": []} for title in titles]})


def _draft(prompt: str) -> str:
    pieces = [(number, _sentences(text)) for number, text in PIECE.findall(prompt)]
    cited = [f"{said[turn]} [e{number}]" for turn in range(3) for number, said in pieces if turn < len(said)]
    return _up_to(cited, prompt)


def _closing(prompt: str) -> str:
    written = prompt.split("# The report")[1].split("\n# ")[0]
    said = [sentence for part in written.split("## ") for sentence in _cited(part)[:2]]
    return _up_to(said, prompt)


def _finding(prompt: str) -> str:
    asked = terms(prompt.split("from the evidence above:\n")[1].splitlines()[0])
    said = [(f"{one} [e{number}]", terms(one)) for number, text in PIECE.findall(prompt) for one in _sentences(text)]
    best = sorted(said, key=lambda pair: -len(asked & pair[1]))[:3]
    return " ".join(text for text, words in best if len(asked & words) > 1) or "NOTHING"


def _answer(prompt: str) -> str:
    asked = terms(prompt.split("from nothing else: ")[1].splitlines()[0])
    said = [one for _, text in PIECE.findall(prompt) for one in _sentences(text)]
    best = max(said, key=lambda one: len(asked & terms(one)), default="")
    return json.dumps({"said": bool(best), "answer": best})


def _shorter(prompt: str) -> str:
    standing = prompt.rpartition("as it stands\n\n")[2].partition("\n\n# ")[0]
    return _up_to(_cited(standing), prompt)


def _cited(text: str) -> list[str]:
    found = re.findall(r".+?\[e\d+(?:, e\d+)*\]", text, re.DOTALL)
    return [" ".join(one.partition("\n\n")[2].split() or one.split()) for one in found]


def _sentences(text: str) -> list[str]:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [" ".join(body[span.start : span.end].split()) for span in sentence_spans(body)]


def _up_to(sentences: Sequence[str], prompt: str) -> str:
    """As many as the length holds that the prompt asks for, in words or in characters; one at least."""
    count, unit = re.findall(r"about (\d+) (words|characters)", prompt)[-1] if "about " in prompt else ("60", "words")
    room = int(count) if unit == "words" else int(count) // 2
    chosen: list[str] = []
    for sentence in dict.fromkeys(sentences):
        if chosen and word_count(" ".join(chosen)) + word_count(sentence) > room:
            break
        chosen.append(sentence)
    return " ".join(chosen)
