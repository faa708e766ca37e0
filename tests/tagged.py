"""Replies in the tags of the `warp` dialect, as the weights give them, and what they say in the plain form."""

from redraft.agent.llm import Message, Request

THOUGHT = "<thought>\nThe reader asks for costs, and {nothing} is said of them yet.\n</thought>\n"
PLANNED = {
    "sections": [
        {"title": "What trams cost", "purpose": "Building and running costs, compared."},
        {"title": "What trams carry", "purpose": "Passengers an hour in each direction."},
    ]
}
OUTLINE = """{"name": "init-plan", "title": "Trams in cities", "sections": [
    {"title": "What trams cost", "plan": "Building and running costs, compared."},
    {"title": "What trams carry", "plan": "Passengers an hour in each direction."}]}"""
DIVIDED = {"subsections": [{"title": "Rails", "purpose": "What the rails cost."}]}
EXTENDED = """{"name": "extend-plan", "position": "section-2.1",
    "subsections": [{"title": "Rails", "plan": "What the rails cost."}]}"""
PROSE = "Trams carry 9,000 passengers an hour [e3]. They last long [e3, e7]."
WRITTEN = "Trams carry 9,000 passengers an hour \\cite{textid3}. They last long \\cite{textid3, textid7}."


def request(node: str, section: str | None = None) -> Request:
    messages = (Message(role="user", content="Go."),)
    return Request(
        node=node, section=section, messages=messages, max_tokens=300, temperature=0.4, schema={"type": "object"}
    )


def acted(action: str) -> str:
    """A reply as the server gives it, which stops before the closing tag."""
    return f"{THOUGHT}<action>\n{action}\n"
