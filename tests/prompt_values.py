"""A value for everything that a prompt is filled in with."""

from typing import Any

from redraft.prompts.labels import labels

BRIEF = {
    "title": "Trams",
    "intent": "To choose.",
    "audience": "a council",
    "constraints": ["No buses."],
    "style": ["Short sentences."],
    "checklist": [{"text": "What they cost."}, {"text": "What they carry."}],
}
OUTLINE = "1 Costs\n2 Use"
GERMAN, CHINESE = labels("de"), labels("zh")
CONTEXT: dict[str, Any] = {"question": "What are trams?", "brief": BRIEF, "outline": OUTLINE}
SECTION = {"number": "1", "title": "Costs", "purpose": "What they cost."}
CHECKED = {
    "evidence": "[e3] A book",
    "asked": "What do trams cost?",
    "answer": "Little.",
    "claim": "Trams cost much.",
}
FIRST: dict[str, dict[str, Any]] = {
    "system": {"language": GERMAN},
    "context": CONTEXT,
    "brief": {**CONTEXT, "brief": None, "outline": "", "usual": 900, "spec": ["What they cost."]},
    "style": {**CONTEXT, "brief": None, "outline": "", "samples": "We like trams."},
    "outline": {**CONTEXT, "outline": "", "count": 4, "sources": "- A book"},
    "query": {**CONTEXT, "section": {**SECTION, "hypotheses": ["Rails cost most."]}, "above": "Trams"},
    "draft": {
        **CONTEXT,
        "section": SECTION,
        "words": 120,
        "language": GERMAN,
        "evidence": "[e3] A book",
        "neighbours": "2 Use: They carry many.",
        "first": "e3",
        "second": "e7",
    },
    "summary": {
        **CONTEXT,
        "written": [{"title": "Costs", "text": "Much [e3]."}],
        "notes": ["Say who pays."],
        "words": 40,
        "language": GERMAN,
        "first": "e3",
    },
    "verify_question": {**CONTEXT, "claims": [{"number": 1, "text": "Trams cost 5."}]},
    "verify_answer": {**CONTEXT, "evidence": "[e3] A book", "asked": "What do trams cost?"},
    "verdict": {**CONTEXT, **CHECKED, "terse": True},
    "repair": {**CONTEXT, **CHECKED, "first": "[e3]"},
    "hedge": {**CONTEXT, **CHECKED, "first": "[e3]"},
    "dispute": {**CONTEXT, "evidence": "[e3] A book", "one": 3, "other": 7},
}
GAP = {"section": "2", "kind": "thin", "priority": "high", "question": "Who pays?"}
STANDING = {
    **CONTEXT,
    "report": "1 Costs: Much.",
    "focus": {"number": "1", "title": "Costs", "purpose": "What they cost.", "hypotheses": ["They are dear."]},
    "text": "Much is paid.",
    "asked": ["Who builds them?"],
    "gaps": [GAP],
    "uncovered": ["Who runs them."],
    "unread": ["rails.example: it forbids programs to read it"],
}
CANDIDATE = {**GAP, "parts": ["Who pays first?"], "queries": ["tram cost", "tram owner"]}
ROUNDS: dict[str, dict[str, Any]] = {
    "standing": STANDING,
    "question": {**STANDING, "subject": "the report", "choices": "1, 2", "kinds": [("thin", "too little")]},
    "question_gap": {**STANDING, "gap": GAP, "meaning": "too little"},
    "question_merge": {**CONTEXT, "candidates": [CANDIDATE, CANDIDATE]},
    "answer": {**CONTEXT, "evidence": "[e3] A book", "asked": "Who pays?", "most": 6, "first": "e3", "second": "e7"},
    "answer_merge": {**CONTEXT, "asked": "Who pays?", "candidates": ["A [e3].", "B [e7]."], "most": 6, "first": "e3"},
}
OPERATIONS: dict[str, dict[str, Any]] = {
    "deepen": {
        **CONTEXT,
        "section": SECTION,
        "text": "Much [e3].",
        "report": "2 Use: They carry many.",
        "gap": "Who pays?",
        "answer": "The city pays [e3].",
        "fewest": 2,
        "most": 7,
    },
    "denoise": {
        **CONTEXT,
        "section": SECTION,
        "text": "Much [e3].",
        "gap": "Who pays?",
        "answer": "The city pays [e3].",
        "evidence": "[e3] A book",
        "neighbours": "2 Use: They carry many.",
        "words": 120,
        "first": "e3",
        "language": GERMAN,
    },
    "vote": {**CONTEXT, "section": SECTION, "gap": "Who pays?", "one": "Much.", "other": "More.", "terse": True},
    "critique": {
        **CONTEXT,
        "report": "1 Costs: Much.",
        "aspect": "is everything there",
        "items": ["What they cost."],
        "reasoning": "Reason in a few words.",
    },
}
CLOSING: dict[str, dict[str, Any]] = {
    "cohere": {
        **CONTEXT,
        "section": SECTION,
        "text": "Much [e3].",
        "faults": ["Section 1 says this already."],
        "neighbours": "2 Use: They are used.",
        "ledger": "- BRT: bus rapid transit",
        "words": 120,
        "language": GERMAN,
        "first": "e3",
    },
    "shorten": {
        **CONTEXT,
        "section": SECTION,
        "text": "Much [e3].",
        "words": 120,
        "language": GERMAN,
        "first": "e3",
    },
    "expand": {
        **CONTEXT,
        "section": SECTION,
        "text": "Much [e3].",
        "evidence": "[e7] A book",
        "words": 120,
        "language": GERMAN,
        "first": "e7",
    },
    "conclusion": {
        **CONTEXT,
        "written": [{"title": "Costs", "text": "Much [e3]."}],
        "notes": ["Say who pays."],
        "open": ["What do they cost?"],
        "words": 40,
        "language": GERMAN,
        "first": "e3",
    },
}
WARP: dict[str, dict[str, Any]] = {
    "warp_outline": FIRST["outline"],
    "warp_query": FIRST["query"],
    "warp_draft": FIRST["draft"],
    "warp_deepen": OPERATIONS["deepen"],
}
VALUES = {**FIRST, **ROUNDS, **OPERATIONS, **CLOSING, **WARP}
"""What each prompt is given, by its name."""
