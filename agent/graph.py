"""The state machine.

    brief → scope → outline → approve → critique → settle
    settle, while sections are to be written   → query × n → gather → retrieve → draft × n → critique → settle
    settle, while rounds may begin             → question × n → inquire → answer × n → route → deepen | denoise × n
                                                 → critique → settle
    settle, when they are over                 → disputes → verify → cohere → fit → choose → summary, conclusion

What `deepen` adds is searched for first; then its drafts are written side by side with what `denoise` writes again.

A step keeps what it made in one transaction, and one whose rows are there is over: that is how a step which was killed
between its rows and the checkpoint behaves when it is entered again.
"""

from collections.abc import Sequence

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from redraft.agent.answering import answer
from redraft.agent.approval import approve
from redraft.agent.briefing import brief
from redraft.agent.closing import conclusion, summary
from redraft.agent.cohering import cohere
from redraft.agent.critique import critique
from redraft.agent.deepening import deepen
from redraft.agent.denoising import denoise
from redraft.agent.disputes import disputes
from redraft.agent.drafting import draft
from redraft.agent.gathering import gather, scope
from redraft.agent.inquiring import inquire
from redraft.agent.lengths import fit
from redraft.agent.planning import outline
from redraft.agent.questioning import question
from redraft.agent.research import query, retrieve
from redraft.agent.routing import route
from redraft.agent.settling import choose, open_sections, rounds_under_way, settle, unverified
from redraft.agent.state import Deps, RoundTask, RunState, SectionTask, Update
from redraft.agent.verifying import verify
from redraft.store.models import Round

Graph = CompiledStateGraph[RunState, Deps, RunState, RunState]
NODES = (
    *(brief, scope, outline, approve, query, gather, retrieve, draft, critique, settle),
    *(question, inquire, answer, route, deepen, denoise),
    *(disputes, verify, cohere, fit, choose, summary, conclusion),
)
EDGES = (
    *((START, "brief"), ("brief", "scope"), ("scope", "outline"), ("outline", "approve"), ("approve", "critique")),
    *(("query", "gather"), ("gather", "retrieve"), ("draft", "critique"), ("critique", "settle")),
    *(("question", "inquire"), ("answer", "route"), ("deepen", "grow"), ("denoise", "critique")),
    *(("disputes", "verify"), ("verify", "cohere"), ("cohere", "fit"), ("fit", "choose")),
    *(("summary", END), ("conclusion", END)),
)
"""Where several of one step went side by side, the next waits for all of them."""


def build(checkpointer: BaseCheckpointSaver[str]) -> Graph:
    graph = StateGraph(RunState, context_schema=Deps)
    for node in (*NODES, grow):
        graph.add_node(node.__name__, node)
    for start, end in EDGES:
        graph.add_edge(start, end)
    graph.add_conditional_edges("settle", after_settle, ["query", "question", "disputes"])
    graph.add_conditional_edges("grow", after_growing, ["query", "denoise", "critique"])
    graph.add_conditional_edges("retrieve", each_text_to_be_written, ["draft", "denoise"])
    graph.add_conditional_edges("inquire", each_round_to_answer, ["answer", "route"])
    graph.add_conditional_edges("route", each_round_to_its_operation, ["deepen", "denoise", "critique"])
    graph.add_conditional_edges("choose", after_choose, ["verify", "summary", "conclusion"])
    return graph.compile(checkpointer=checkpointer)


Way = Sequence[Send] | Sequence[str] | str


async def grow(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Waits until every section that is to be divided has been."""
    return {}


def after_settle(state: RunState, runtime: Runtime[Deps]) -> Way:
    deps, run_id = runtime.context, state["run_id"]
    rows = rounds_under_way(deps, run_id)
    return _to_sections("query", deps, run_id) or _to_rounds("question", run_id, rows) or "disputes"


def each_round_to_answer(state: RunState, runtime: Runtime[Deps]) -> Way:
    run_id = state["run_id"]
    return _to_rounds("answer", run_id, rounds_under_way(runtime.context, run_id)) or "route"


def each_round_to_its_operation(state: RunState, runtime: Runtime[Deps]) -> Way:
    run_id = state["run_id"]
    rows = rounds_under_way(runtime.context, run_id)
    dividing = [row for row in rows if row.route == "deepen"]
    return _to_rounds("deepen", run_id, dividing) or _to_rounds("denoise", run_id, rows) or "critique"


def after_growing(state: RunState, runtime: Runtime[Deps]) -> Way:
    deps, run_id = runtime.context, state["run_id"]
    rows = rounds_under_way(deps, run_id)
    return _to_sections("query", deps, run_id) or _to_rounds("denoise", run_id, rows) or "critique"


def each_text_to_be_written(state: RunState, runtime: Runtime[Deps]) -> Way:
    deps, run_id = runtime.context, state["run_id"]
    sections = _to_sections("draft", deps, run_id)
    if deps.settings.serial:  # each sees what those before it say; `settle` sends the next
        return sections[:1]
    return [*sections, *_to_rounds("denoise", run_id, rounds_under_way(deps, run_id))]


def after_choose(state: RunState, runtime: Runtime[Deps]) -> Way:
    """What was polished, and a state that was gone back to, may hold claims that nobody has verified."""
    return "verify" if unverified(runtime.context, state["run_id"]) else ["summary", "conclusion"]


def _to_sections(node: str, deps: Deps, run_id: str) -> list[Send]:
    sections = open_sections(deps, run_id)
    return [Send(node, SectionTask(run_id=run_id, section=section.number)) for section in sections]


def _to_rounds(node: str, run_id: str, rows: Sequence[Round]) -> list[Send]:
    return [Send(node, RoundTask(run_id=run_id, round=row.number)) for row in rows]
