"""The best state of a report: what can be counted decides, and of equals the latest wins."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redraft.agent import coverage, guard, repetition, tree, waves
from redraft.agent.checklist import Item, items
from redraft.agent.citations import cited, resolve
from redraft.agent.events import SnapshotChosen
from redraft.agent.polishing import body
from redraft.agent.state import Deps
from redraft.agent.writing import origin
from redraft.store import claims, drafts, runs, snapshots
from redraft.store.drafts import Exhibit
from redraft.store.models import Claim, Section, Snapshot, Version

REFUTED = frozenset({"contradicted", "unsupported"})
MENDED = frozenset({"patched", "hedged", "deleted"})
BY_THE_USER = frozenset({"edit", "undo", "accept"})


class Counts(NamedTuple):
    """How good a report is, the most important first; less is better in every one of them."""

    dangling: int
    """Citations of what the run has no evidence for."""
    unsupported: int
    """Sentences that cite evidence which does not say them, by code or by the verdict on their claim."""
    repeated: int
    """Pairs of sentences that say the same."""
    uncovered: int
    """The weight of all points of the checklist that no section covers."""


class Known(NamedTuple):
    """What the texts of a report are counted by: all that is known of a run by now."""

    exhibits: Mapping[int, Exhibit]
    refuted: set[str]
    """Sentences that should not stand as they are."""
    wanted: Sequence[Item]
    """The points that sections can cover."""

    def counts(self, texts: Mapping[str, str]) -> Counts:
        """Counts the texts of the sections, by number."""
        covered = coverage.coverage(self.wanted, texts)
        return Counts(
            dangling=sum(number not in self.exhibits for text in texts.values() for number in cited(text)),
            unsupported=sum(_unsupported(text, self.exhibits, self.refuted) for text in texts.values()),
            repeated=len(repetition.repeated(texts)),
            uncovered=sum(entry.item.weight for entry in covered if entry.place is None),
        )


def take(deps: Deps, run_id: str, name: str) -> None:
    """Keeps the state of the report under a name, with its counts. A state that is kept stays as it is."""
    standing = body(deps, run_id)
    counted = _known(deps, run_id).counts({entry.section.number: entry.text for entry in standing})
    snapshots.save(
        deps.database,
        Snapshot(
            run_id=run_id,
            name=name,
            wave=waves.current(deps.database, run_id),
            versions={entry.section.number: entry.version.id or 0 for entry in standing},
            counts=counted._asdict() | {"words": sum(entry.words for entry in standing)},
        ),
    )


def _known(deps: Deps, run_id: str) -> Known:
    brief = runs.brief(deps.database, run_id)
    return Known(
        exhibits=drafts.by_number(deps.database, run_id),
        refuted={claim.text for claim in claims.of_run(deps.database, run_id) if _is_refuted(claim)},
        wanted=coverage.measurable(items(brief)) if brief else [],
    )


def choose(deps: Deps, run_id: str, candidates: Sequence[Snapshot]) -> Snapshot:
    """The best of these as they count today, the latest of equals; makes the report stand as it did then.

    What the user wrote, took back or locked stays as it is, whatever a snapshot had there.
    """
    rows = {version.id: version for version in drafts.versions(deps.database, run_id)}
    known = _known(deps, run_id)
    counted = [known.counts({n: rows[i].text for n, i in s.versions.items()}) for s in candidates]
    best = min(counted)
    chosen = next(s for s, c in zip(reversed(candidates), reversed(counted), strict=True) if c == best)
    _restore(deps, run_id, {number: rows[i] for number, i in chosen.versions.items()})
    snapshots.choose(deps.database, chosen)
    deps.emit(SnapshotChosen(name=chosen.name, of=len(candidates), **best._asdict()))
    return chosen


def _restore(deps: Deps, run_id: str, wanted: Mapping[str, Version]) -> None:
    outline = tree.body(runs.outline(deps.database, run_id, dropped=True))
    standing = waves.standing(deps.database, run_id)
    ours = [s for s in outline if not s.locked and not _by_user(standing.get(s.number))]
    there = {section.number: section.number in wanted for section in ours}
    again = [s for s in ours if s.number in wanted and _differs(standing.get(s.number), wanted[s.number])]
    wave = waves.current(deps.database, run_id)
    drafts.restore(deps.database, run_id, [_again(section, wanted[section.number], wave) for section in again], there)


def _again(section: Section, version: Version, wave: int) -> Version:
    return drafts.version_of(section, "restore", version.text, accepted=True, wave=wave)


def _by_user(version: Version | None) -> bool:
    return version is not None and version.op in BY_THE_USER


def _differs(version: Version | None, wanted: Version) -> bool:
    return version is None or version.text != wanted.text


def _is_refuted(claim: Claim) -> bool:
    """Whether a sentence should not stand as it was: by its verdict, or as something better was put in its place."""
    return claim.verdict in REFUTED or claim.action in MENDED


def _unsupported(text: str, exhibits: Mapping[int, Exhibit], refuted: set[str]) -> int:
    text = resolve(text, exhibits).text  # what dangles is counted apart
    evidence = {number: exhibits[number].passage.text for number in cited(text)}
    origins = {number: origin(exhibits[number]) for number in cited(text)}
    return len(guard.supported(text, evidence, origins).dropped) + sum(claim in text for claim in refuted)


def as_data(snapshot: Snapshot) -> dict[str, Any]:
    """One snapshot, ready for JSON."""
    return snapshot.model_dump(include={"name", "wave", "counts", "chosen"})
