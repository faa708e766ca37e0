"""A stand-in for a good writer: it answers every step in the right form, from the prompt alone.

What it writes is what its evidence says, sentence by sentence, as long as was asked for. So a run of it takes the way
that a good model's would, and costs what that would cost, without a model.
"""

import json
import re
from collections.abc import Callable
from itertools import chain, zip_longest

from redraft.agent.llm import Request
from redraft.evals.standin_matters import matters, searches, subtitles, titles
from redraft.evals.standin_reading import (
    CITED,
    PIECE,
    cited_sentences,
    long_words,
    outlined,
    sentences,
    standing,
    up_to,
    wanted_words,
)


def reply(request: Request) -> str:
    """The reply to a request, by its step."""
    return STEPS[request.node](request.messages[-1].content)


def step(prompt: str) -> str:
    """Which step asks: the prompt of each has words that no other has."""
    for node, sign in SIGNS.items():
        if sign in prompt:
            return node
    message = f"no step asks like this: {prompt[-200:]}"
    raise LookupError(message)


def brief(prompt: str) -> str:
    asked = prompt.split("# Question")[1].strip().splitlines()[0]
    points = ["What does each one carry?", "What does each one cost?", "How do they compare with each other?"]
    dimensions = ("comprehensiveness", "comprehensiveness", "insight")
    checklist = [
        {"dimension": dimension, "text": text, "weight": 2} for dimension, text in zip(dimensions, points, strict=True)
    ]
    checklist.append({"dimension": "readability", "text": "Does each section keep to its matter?", "weight": 1})
    title = " ".join(asked.split()[:8]).strip("?,.")
    usual = re.search(r"Usual are (\d+)", prompt)
    return json.dumps(
        {
            "title": title,
            "intent": "To choose between them.",
            "audience": "",
            "constraints": [],
            "checklist": checklist,
            "words": int(usual[1]) if usual else 900,
        }
    )


def style(_: str) -> str:
    return json.dumps({"rules": ["Short, plain sentences.", "No exclamation marks."]})


def outline(prompt: str) -> str:
    wanted = re.search(r"exactly (\d+) sections", prompt)
    planned = [
        {
            "title": title,
            "purpose": f"{title}, compared.",
            "hypotheses": [f"Much is known of {title.lower()}."],
            "weight": 2,
        }
        for title in titles(prompt)[: int(wanted[1]) if wanted else 3]
    ]
    return json.dumps({"sections": planned})


def query(prompt: str) -> str:
    title = re.findall(r'^Section [\d.]+, "(.+?)"', prompt, re.MULTILINE)[0]
    return json.dumps({"queries": [title, *searches(title)]})


def draft(prompt: str) -> str:
    """What the evidence says, in other words, up to the length that is wanted."""
    return up_to(map(retold, cited_sentences(prompt)), wanted_words(prompt))


def retold(sentence: str) -> str:
    """A sentence with its first clause behind the others."""
    first, comma, rest = sentence.partition(", ")
    said, bracket, mark = rest.rpartition(" [e")
    return f"{said[0].upper()}{said[1:]}, {first.lower()}{bracket}{mark}" if comma and said else sentence


def critique(prompt: str) -> str:
    """One gap for the first section, in the words of what is reviewed."""
    aspect = prompt.split("for one thing only: ")[1].splitlines()[0]
    number, title = outlined(prompt)[0]
    gap = {"kind": "thin", "section": number, "question": f"For {title.lower()}: {aspect}?", "priority": "low"}
    return json.dumps({"gaps": [gap]})


def question(prompt: str) -> str:
    """The first matter that nobody has asked about, for the first section that is free; nothing once all are asked."""
    before = prompt.partition("# Asked before")[2].partition("\n# ")[0]
    free = re.search(r"one of ([\d.]*\d)", prompt.split("# Your task")[1])
    number, title = next((n, t) for n, t in outlined(prompt) if n == (free[1] if free else n))
    new = [matter for matter in matters(prompt, title) if matter not in before]
    kind = "branch" if "." not in number and "as a whole" in prompt else "thin"
    place = {"nothing": not new, "section": number, "kind": kind, "priority": "medium"}
    asked = new[0] if new else ""
    return json.dumps(
        {**place, "question": asked, "hard": False, "parts": [], "queries": [asked.strip("?")][: len(new)]}
    )


def question_merge(prompt: str) -> str:
    """The first candidate."""
    section, kind, priority, asked = re.findall(r"^1\. section ([\d.]+), (\w+), (\w+): (.+)", prompt, re.MULTILINE)[0]
    place = {"section": section, "kind": kind, "priority": priority}
    return json.dumps({**place, "question": asked, "hard": False, "parts": [], "queries": [asked.strip("?")]})


def finding(prompt: str) -> str:
    """The sentences of the evidence that share two words with the question and more, cited; at most three."""
    asked = long_words(prompt.split("from the evidence above:\n")[1].splitlines()[0])
    said = []
    for number, text in PIECE.findall(prompt):
        best = max(sentences(text), key=lambda sentence: len(asked & long_words(sentence)), default="")
        said.append((len(asked & long_words(best)), f"{best} [e{number}]."))
    return " ".join(cited for shared, cited in sorted(said, key=lambda pair: -pair[0])[:3] if shared > 1) or "NOTHING"


def finding_merge(prompt: str) -> str:
    """The first answer."""
    first = re.search(r"^1\. (.+)", prompt.split("# Answers to the question")[1], re.MULTILINE)
    return first[1] if first else "NOTHING"


def deepen(prompt: str) -> str:
    number, title = re.findall(r'^# Section ([\d.]+), "(.+)"', prompt, re.MULTILINE)[0]
    pairs = subtitles(prompt, number, title)
    return json.dumps({"subsections": [{"title": t, "purpose": f"{t}, compared.", "hypotheses": []} for t in pairs]})


def denoise(prompt: str) -> str:
    """What stands, and behind it what was found out."""
    found = prompt.split("# What was found out\n\n")[1].split("\n\n# Your task")[0]
    return f"{standing(prompt)} {found}"


def vote(prompt: str) -> str:
    """The longer text."""
    texts = re.search(r"^# Text A\n\n(.*?)\n\n# Text B\n\n(.*?)\n\n# Your task", prompt, re.MULTILINE | re.DOTALL)
    longer = "A" if texts and len(texts[1]) > len(texts[2]) else "B"
    return json.dumps({"why": "Says more.", "better": longer})


def dispute(_: str) -> str:
    return json.dumps({"disagree": False, "topic": "", "one": "", "other": ""})


def verify_question(prompt: str) -> str:
    """For each claim, a question in its own words, without what has a digit in it."""
    claims = re.findall(r"^(\d+)\. (.+)$", prompt.split("# Claims")[1].split("# Your task")[0], re.MULTILINE)
    asked = [(number, " ".join(word for word in text.split() if word.isalpha())) for number, text in claims]
    return json.dumps({"questions": [{"claim": int(n), "question": f"What is known of this: {w}?"} for n, w in asked]})


def verify_answer(prompt: str) -> str:
    """What the evidence says that shares most words with the question."""
    asked = long_words(prompt.split("from nothing else: ")[1].splitlines()[0])
    said = [sentence for _, text in PIECE.findall(prompt) for sentence in sentences(text)]
    return json.dumps(
        {"said": True, "answer": max(said, key=lambda text: len(asked & long_words(text)), default="Nothing.")}
    )


def verdict(_: str) -> str:
    return json.dumps({"why": "they say the same", "verdict": "supported"})


def repair(prompt: str) -> str:
    """The first sentence of the evidence."""
    return next(cited_sentences(prompt), "")


def cohere(prompt: str) -> str:
    """The section without the sentences that it is told to leave out; as it stands where nothing would be left."""
    gone = re.findall(r'(?:says this already|This is said twice): "(.+?)"\. (?:Leave|Say)', prompt)
    kept = [said for said in CITED.findall(standing(prompt)) if not any(one[:-1] in said for one in gone)]
    return "".join(kept).strip() or standing(prompt)


def shorten(prompt: str) -> str:
    """The section without its last sentences."""
    return up_to((said.strip() for said in CITED.findall(standing(prompt))), wanted_words(prompt))


def expand(prompt: str) -> str:
    """The section, and behind it what the new evidence says."""
    return up_to(chain([standing(prompt)], cited_sentences(prompt)), wanted_words(prompt))


def summary(prompt: str) -> str:
    """The first sentence of each section, as it stands there, then the second, up to the length that is wanted."""
    written = prompt.split("# The report")[1].split("# Your task")[0]
    said = [re.findall(r"[A-Z][^.\n]* \[e\d+\]\.|[A-Z][^.\n]*\. \[e\d+\]", part) for part in written.split("## ")]
    in_turn = (sentence for row in zip_longest(*said) for sentence in row if sentence)
    return up_to(in_turn, wanted_words(prompt))


STEPS: dict[str, Callable[[str], str]] = {
    "brief": brief,
    "style": style,
    "outline": outline,
    "query": query,
    "draft": draft,
    "critique": critique,
    "question": question,
    "question_merge": question_merge,
    "answer": finding,
    "answer_merge": finding_merge,
    "deepen": deepen,
    "denoise": denoise,
    "vote": vote,
    "dispute": dispute,
    "verify_question": verify_question,
    "verify_answer": verify_answer,
    "verdict": verdict,
    "repair": repair,
    "hedge": repair,
    "cohere": cohere,
    "shorten": shorten,
    "expand": expand,
    "summary": summary,
    "conclusion": summary,
}
SIGNS = {
    "summary": "Write the summary",
    "conclusion": "Write the conclusion",
    "question_merge": "Make one question of their candidates",
    "question": "question that would settle it.",
    "answer_merge": "Make one answer of these",
    "answer": "Answer this question from the evidence above",
    "deepen": "stays as it is and becomes an introduction",
    "denoise": "Rewrite section",
    "vote": "# Text A",
    "dispute": "give different figures for the same thing",
    "verify_question": "Write one question for each claim",
    "verify_answer": "Answer this question from the passages above",
    "verdict": "Compare this claim with the passages",
    "repair": "This sentence of the report says what",
    "hedge": "This sentence of the report is surer",
    "cohere": "so that it reads as a part of one report",
    "shorten": "The report is too long",
    "expand": "The report is too short",
    "critique": "for one thing only",
    "style": "# Sample texts",
    "draft": "# Evidence for section",
    "query": "search queries",
    "outline": "Plan the report",
    "brief": "Say what a report",
}
"""Words of each step's prompt, to be tried in this order."""
