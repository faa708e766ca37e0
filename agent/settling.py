"""SETTLE and CHOOSE: what stands is kept, what it lacks is noted, and another wave begins or the rounds are over."""

from collections.abc import Iterable, Mapping, Sequence

from langgraph.runtime import Runtime

from redraft.agent import coverage, diagnosis, polishing, snapshots, tree, waves
from redraft.agent.checklist import items
from redraft.agent.citations import cited
from redraft.agent.cohering import without_repeats
from redraft.agent.events import RoundEnded, RoundsStopped, WaveBegun
from redraft.agent.gaps import ranked
from redraft.agent.state import Deps, RunState, Update
from redraft.agent.stopping import Reason, reason_to_stop, round_limit
from redraft.store import calls, claims, drafts, gaps, rounds, runs
from redraft.store import snapshots as kept
from redraft.store.models import Gap, Round, Section, Snapshot

SAID_BEFORE = "An earlier section says this already."
CLOSED = "closed"
MOST_CLOSINGS = 4
"""Passes of verifying and polishing over one report. Two are usual: what the first has polished is verified again."""
TRIES = 2
"""Rounds that one gap is worth: a third would ask the same model the same thing."""


async def settle(state: RunState, runtime: Runtime[Deps]) -> Update:
    """Between two waves: a snapshot, the diagnosis, and the rounds of the next wave or the reason why there is none."""
    deps, run_id = runtime.context, state["run_id"]
    if open_sections(deps, run_id) or rounds_under_way(deps, run_id):
        return {}
    if deps.settings.cohere:
        _trim(deps, run_id)
    wave = waves.current(deps.database, run_id)
    _tell_of_those_that_ended_early(deps, rounds.of_wave(deps.database, run_id, wave))
    snapshots.take(deps, run_id, f"wave {wave}")
    focuses = _asked_by_user(deps, run_id)
    if not focuses and runs.get(deps.database, run_id).stopped is None:
        focuses = _next_wave(deps, run_id)
    if focuses:
        rounds.begin(deps.database, run_id, wave + 1, focuses)
        deps.emit(WaveBegun(wave=wave + 1, sections=[section for section, _ in focuses]))
    else:
        snapshots.choose(deps, run_id, _since_the_user_spoke(deps, run_id))
    return {}


async def choose(state: RunState, runtime: Runtime[Deps]) -> Update:
    """After verifying and polishing: the best of all states, by what is known now."""
    deps, run_id = runtime.context, state["run_id"]
    if not _is_kept(deps, run_id):
        wave, closed = waves.current(deps.database, run_id), len(_closed(deps, run_id))
        snapshots.take(deps, run_id, f"{CLOSED} {wave}.{closed + 1}")
    snapshots.choose(deps, run_id, _since_the_user_spoke(deps, run_id))
    return {}


def open_sections(deps: Deps, run_id: str) -> list[Section]:
    """Those that are to be written, and are not."""
    outline = runs.outline(deps.database, run_id)
    return drafts.open_among(deps.database, run_id, tree.body(outline))


def rounds_under_way(deps: Deps, run_id: str) -> list[Round]:
    wave = rounds.of_wave(deps.database, run_id, waves.current(deps.database, run_id))
    return [row for row in wave if row.outcome is None]


def unverified(deps: Deps, run_id: str) -> bool:
    """Whether a text stands whose claims nobody has looked at, and there is a use in looking once more."""
    if len(_closed(deps, run_id)) >= MOST_CLOSINGS:
        return False
    seen = {claim.version_id for claim in claims.of_run(deps.database, run_id)}
    doubtful = [entry for entry in polishing.body(deps, run_id) if cited(entry.text) and entry.version.id not in seen]
    return deps.settings.verify and bool(doubtful)


def _closed(deps: Deps, run_id: str) -> list[Snapshot]:
    """The states after verifying and polishing, of the last pass over the report."""
    wave = waves.current(deps.database, run_id)
    return [s for s in kept.of_run(deps.database, run_id) if s.wave == wave and s.name.startswith(CLOSED)]


def _is_kept(deps: Deps, run_id: str) -> bool:
    """Whether the report as it stands is among its states: so it is when this step was killed and is entered again."""
    said = {version.id: version.text for version in drafts.versions(deps.database, run_id)}
    texts = {entry.section.number: entry.text for entry in polishing.body(deps, run_id)}
    states = _since_the_user_spoke(deps, run_id)
    return any({number: said[i] for number, i in state.versions.items()} == texts for state in states)


def _trim(deps: Deps, run_id: str) -> None:
    """Takes out what sections that were written side by side say alike: the first of them goes on saying it."""
    body = polishing.body(deps, run_id)
    texts = {entry.section.number: entry.text for entry in body}
    standing = {entry.section.number: entry for entry in body if not _is_users(entry)}
    quoted = _without_quotes_again(texts, standing)
    prose = without_repeats(texts, standing.keys() - quoted.keys())
    wave = waves.current(deps.database, run_id)
    versions = [
        # A quotation stays one, and the report goes on saying so.
        drafts.version_of(standing[number].section, op, text, accepted=True, wave=wave, reason=SAID_BEFORE)
        for op, shorter in ((polishing.QUOTE, quoted), ("trim", prose))
        for number, text in shorter.items()
        if text != standing[number].text
    ]
    drafts.append(deps.database, versions)


def _tell_of_those_that_ended_early(deps: Deps, wave: Sequence[Round]) -> None:
    """Of the others the step that ended them has told."""
    for row in wave:
        if row.route is None or (row.route == "deepen" and row.outcome != "accepted"):
            deps.emit(RoundEnded(round=row.number, outcome=row.outcome or "", reason=row.reason))


def _without_quotes_again(texts: Mapping[str, str], standing: Mapping[str, polishing.Standing]) -> dict[str, str]:
    """Sections that quote, without the quotations that an earlier one has; the last one of a section stays."""
    seen: set[str] = set()
    left: dict[str, str] = {}
    for number, text in texts.items():
        lines = text.splitlines()
        if number in standing and standing[number].version.op == polishing.QUOTE:
            left[number] = "\n".join([line for line in lines if line not in seen] or lines[:1])
        seen.update(lines)
    return left


def _is_users(entry: polishing.Standing) -> bool:
    return entry.section.locked or entry.version.op in snapshots.BY_THE_USER


def _next_wave(deps: Deps, run_id: str) -> list[tuple[str, int | None]]:
    """What the rounds of the next wave look at first: the report as a whole, then the most urgent gaps.

    Empty, with the reason noted, when the rounds are over.
    """
    measured = _measured(deps, run_id)
    _diagnose(deps, run_id, measured)
    done, known = rounds.of_run(deps.database, run_id), gaps.of_run(deps.database, run_id)
    limit = round_limit(deps.settings)
    spent = calls.spent(deps.database, run_id)
    reason = reason_to_stop(done, known, limit=limit, spent=spent, budget=deps.settings.tokens)
    if reason is not None:
        runs.set_stopped(deps.database, run_id, reason)
        _announce(deps, reason, known)
        return []
    width = min(deps.settings.size.lanes, limit - len(done))
    return _focuses(width, done, known, diagnosis.weakest(measured))


def _focuses(
    width: int, done: Sequence[Round], known: Sequence[Gap], weak: Sequence[str]
) -> list[tuple[str, int | None]]:
    """One question for the whole report, then a section each: those with the most urgent gaps, else the weakest."""
    # Alone, a round takes turns: the whole report, then a gap.
    lanes: list[tuple[str, int | None]] = [("", None)] if width > 1 or len(done) % 2 == 0 else []
    tried = [row.gap_id for row in done]
    worth = [gap for gap in ranked(known) if tried.count(gap.id) < TRIES]
    for section, gap_id in [*((gap.section, gap.id) for gap in worth), *((number, None) for number in weak)]:
        if len(lanes) < width and section not in [focus for focus, _ in lanes]:
            lanes.append((section, gap_id))
    return lanes


def _asked_by_user(deps: Deps, run_id: str) -> list[tuple[str, int | None]]:
    """The gaps that the user opened and no round has worked on: they are not a matter of limits."""
    tried = {row.gap_id for row in rounds.of_run(deps.database, run_id)}
    body = {section.number for section in tree.body(runs.outline(deps.database, run_id))}
    mine = [gap for gap in gaps.of_run(deps.database, run_id) if gap.opened_by == "user" and gap.state == "open"]
    for gap in mine:
        # Summary and conclusion are written anew when all else stands: no round is needed for them.
        if gap.id in tried or gap.section not in body:
            gaps.close(deps.database, gap.id or 0, "refused" if gap.id in tried else "answered")
    return [(gap.section, gap.id) for gap in mine if gap.id not in tried and gap.section in body]


def _since_the_user_spoke(deps: Deps, run_id: str) -> list[Snapshot]:
    """The states that the best is chosen from: none from before the user had something changed."""
    worked_on = {row.gap_id: row.wave for row in rounds.of_run(deps.database, run_id)}
    mine = [gap for gap in gaps.of_run(deps.database, run_id) if gap.opened_by == "user"]
    changed = max((worked_on.get(gap.id, 0) for gap in mine), default=0)
    return [snapshot for snapshot in kept.of_run(deps.database, run_id) if snapshot.wave >= changed]


def _diagnose(deps: Deps, run_id: str, measured: Sequence[diagnosis.Measured]) -> None:
    brief = runs.brief(deps.database, run_id)
    wanted = coverage.measurable(items(brief)) if brief else []
    texts = {entry.section.number: entry.text for entry in polishing.body(deps, run_id)}
    covered = coverage.coverage(wanted, texts)
    year = runs.get(deps.database, run_id).created_at.year
    found = diagnosis.findings(measured, [entry for entry in covered if entry.place is None], year)
    wave = waves.current(deps.database, run_id)
    gaps.open_all(deps.database, [_row(run_id, finding, wave) for finding in found])


def _measured(deps: Deps, run_id: str) -> list[diagnosis.Measured]:
    evidence = drafts.by_number(deps.database, run_id)
    body = [entry for entry in polishing.body(deps, run_id) if not entry.section.locked]
    return [diagnosis.measured(entry.section, entry.version, evidence) for entry in body]


def _row(run_id: str, finding: diagnosis.Finding, wave: int) -> Gap:
    return Gap(run_id=run_id, number=0, opened_by="diagnosis", opened_in=wave, **finding._asdict())


def _announce(deps: Deps, reason: Reason, known: Iterable[Gap]) -> None:
    deps.emit(RoundsStopped(reason=reason, open_gaps=sum(gap.state == "open" for gap in known)))
