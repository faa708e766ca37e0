"""The tagged actions of the AgentCPM-Report weights, read: `<thought>…</thought><action>…</action>` (arXiv 2602.06540).

An action is JSON that says what it does, or for a section's text the text itself. Each reader gives the plain form of a
step, or nothing where a reply cannot be read: it never guesses. Pure functions.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from redraft.agent.citations import mark
from redraft.agent.digest import gist
from redraft.agent.prose import one_line

MOST_QUERIES = 3
"""Of the up to five keywords that the weights give, best first: as many as the plain form holds."""
LONGEST_TITLE, LONGEST_PURPOSE = 120, 200
"""Characters, as the plain forms hold them."""

_THOUGHT = re.compile(r"<\s*thought\s*>.*?<\s*/\s*thought\s*>", re.DOTALL | re.IGNORECASE)
_THOUGHT_WITHOUT_BEGINNING = re.compile(r"\A.*<\s*/\s*thought\s*>", re.DOTALL | re.IGNORECASE)
_THOUGHT_WITHOUT_END = re.compile(r"<\s*thought\s*>.*\Z", re.DOTALL | re.IGNORECASE)
_ACTION = re.compile(r"<\s*action\s*>(.*?)(?:<\s*/\s*action\b|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<\s*/?\s*(?:thought|action)\s*>", re.IGNORECASE)
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
_POSITION = re.compile(r"\s*(?:section[\s_-]*)?(\d{1,2}(?:\.\d{1,2}){0,2})\s*", re.IGNORECASE)

_KEY = r"(?:bibkey\s*:?\s*)?textid[\s_]?\d{1,9}"
_MACRO = r"\\+cite[a-z]{0,12}\*?(?:\[[^\[\]\n]{0,80}\]){0,2}"
_CITE = re.compile(rf"{_MACRO}\{{([^{{}}\n]{{0,400}})\}}", re.IGNORECASE)
_UNCLOSED = re.compile(rf"{_MACRO}\{{", re.IGNORECASE)
_BRACKETED = re.compile(rf"[\[({{]\s*({_KEY}(?:\s*[,;]\s*{_KEY})*)\s*[\])}}]", re.IGNORECASE)
_BARE = re.compile(rf"({_KEY})", re.IGNORECASE)
_ID = re.compile(r"\b(?:textid[\s_]?|e)(\d{1,9})\b", re.IGNORECASE)
_BIBKEY = re.compile(r"\bbibkeys?\b\s*:?\s*", re.IGNORECASE)
_MENTION = re.compile(r"\(?(?:see )?\bsection-\d+(?:\.\d+)*\)?", re.IGNORECASE)


def outline(reply: str, section: str | None = None) -> str:
    sections = _sections(_object(reply, "init-plan").get("sections"), "")
    return _json({"sections": sections}) if sections else ""


def query(reply: str, section: str | None = None) -> str:
    keywords = _object(reply, "search").get("keywords")
    if not isinstance(keywords, list) or not all(isinstance(keyword, str) for keyword in keywords):
        return ""
    queries = list(dict.fromkeys(filter(None, map(one_line, keywords))))
    return _json({"queries": queries[:MOST_QUERIES]}) if queries else ""


def draft(reply: str, section: str | None = None) -> str:
    text = _action(reply)
    if text.startswith("{"):  # some wrap the text like the other actions
        content = _parsed(text).get("content")
        text = content if isinstance(content, str) else ""
    return cited(text).strip()


def deepen(reply: str, section: str | None = None) -> str:
    """No subsections for `nop`. What is meant for another section than the one that was asked about is of no use."""
    if _object(reply, "nop"):
        return _json({"subsections": []})
    said = _object(reply, "extend-plan")
    position = _POSITION.fullmatch(str(said.get("position", "")))
    if position is None or position[1] != section:
        return ""
    children = _sections(said.get("subsections"), f"{section}.")
    return _json({"subsections": children}) if children else ""


Reader = Callable[[str, str | None], str]
READERS: Mapping[str, Reader] = {"outline": outline, "query": query, "draft": draft, "deepen": deepen}
"""From a reply, and the number of the section that it was asked for, to the plain form; by the step of the run."""


def cited(text: str) -> str:
    """The text with every key of evidence in the project's own form: `\\cite{textid3, textid7}` becomes `[e3, e7]`."""
    before = None
    while text != before:  # a citation may stand inside of another one: until nothing changes
        before = text
        for pattern in (_CITE, _BRACKETED, _BARE):
            text = pattern.sub(lambda match: mark([int(number) for number in _ID.findall(match[1])]), text)
        text = _BIBKEY.sub("", text)
        if text == before:
            text = _UNCLOSED.sub("", text)
    return text


def title(text: str, number: str) -> str:
    """A title without the number that its section has anyway. Other numbers belong to it: "3D printing", "2024".

    A number of one part needs a mark behind it: "5 ways to lay rails" may well be the fifth title.
    """
    full, last = re.escape(number), number.rpartition(".")[2]
    marked = rf"(?:(?:section|chapter|part)\s+)?\(?(?:{full}|{last})[.):、：]+(?!\d)\s*"
    own = rf"\A(?:{marked}|{full}\s+)" if "." in number else rf"\A{marked}"
    plain = one_line(_MENTION.sub("", _BIBKEY.sub("", text)))
    return one_line(re.sub(own, "", plain, flags=re.IGNORECASE), limit=LONGEST_TITLE)


def _sections(entries: object, above: str) -> list[dict[str, str]]:
    """All of them, or none where one cannot be read."""
    numbered = enumerate(entries if isinstance(entries, list) else [], start=1)
    sections = [_section(entry, f"{above}{place}") for place, entry in numbered]
    return sections if all(sections) else []


def _section(entry: object, number: str) -> dict[str, str]:
    named, plan = (entry.get("title"), entry.get("plan")) if isinstance(entry, dict) else (None, None)
    if not isinstance(named, str) or not isinstance(plan, str):
        return {}
    return {"title": title(named, number), "purpose": gist(cited(plan), LONGEST_PURPOSE)}


def _object(reply: str, name: str) -> dict[str, Any]:
    """The action of this name; empty where the reply has none. Only JSON may stand there without its tags."""
    said = _parsed(_action(reply) or ("" if _TAG.search(reply) else reply))
    return said if said.get("name") == name else {}


def _parsed(text: str) -> dict[str, Any]:
    """The first JSON object of a text that may have words, a code fence or stars of emphasis around and in it."""
    # LaTeX brings backslashes that are no escapes of JSON.
    text = _ESCAPE.sub(lambda match: match[0] if match[1] else r"\\", text.replace("**", ""))
    try:
        said, _ = json.JSONDecoder(strict=False).raw_decode(text, max(0, text.find("{")))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _action(reply: str) -> str:
    """What stands in the action, or behind a thought that was followed by no tag; without any thought."""
    rest = _THOUGHT_WITHOUT_BEGINNING.sub("", _THOUGHT.sub("", reply))
    if begun := _ACTION.search(rest):
        return _TAG.sub("", _THOUGHT_WITHOUT_END.sub("", begun[1])).strip()
    return "" if rest == reply or _TAG.search(rest) else rest.strip()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
