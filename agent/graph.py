"""The state machine: brief → scope → outline → the sections' queries → gather → retrieve → their drafts → summary.

A step keeps what it made in one transaction, and one whose rows are there is over: that is how a step which was killed
between its rows and the checkpoint behaves when it is entered again.
"""

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from redraft.agent.drafting import draft, summary
from redraft.agent.gathering import gather, scope
from redraft.agent.planning import brief, outline
from redraft.agent.research import query, retrieve
from redraft.agent.state import Deps, RunState, SectionTask
from redraft.store import runs

Graph = CompiledStateGraph[RunState, Deps, RunState, RunState]


def build(checkpointer: BaseCheckpointSaver[str]) -> Graph:
    graph = StateGraph(RunState, context_schema=Deps)
    for node in (brief, scope, outline, query, gather, retrieve, draft, summary):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "brief")
    graph.add_edge("brief", "scope")
    graph.add_edge("scope", "outline")
    graph.add_conditional_edges("outline", each_section_to_query, ["query"])
    graph.add_edge("query", "gather")  # waits for every sibling
    graph.add_edge("gather", "retrieve")
    graph.add_conditional_edges("retrieve", each_section_to_draft, ["draft"])
    graph.add_edge("draft", "summary")
    graph.add_edge("summary", END)
    return graph.compile(checkpointer=checkpointer)


def each_section_to_query(state: RunState, runtime: Runtime[Deps]) -> list[Send]:
    return _each_section("query", state, runtime)


def each_section_to_draft(state: RunState, runtime: Runtime[Deps]) -> list[Send]:
    return _each_section("draft", state, runtime)


def _each_section(node: str, state: RunState, runtime: Runtime[Deps]) -> list[Send]:
    body = [section for section in runs.outline(runtime.context.database, state["run_id"]) if section.number > 0]
    return [Send(node, SectionTask(run_id=state["run_id"], section=section.number)) for section in body]
