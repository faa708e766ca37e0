"""What a report says that the one before it did not, and the other way round. Pure functions.

Compared are the sentences that cite. One that was moved, split, merged or put into other words is no news: news is what
says another figure, date or quotation, denies what was said, or says what nothing in the other report does.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import itemgetter
from typing import NamedTuple

from redraft.agent.citations import cited, without_marks
from redraft.agent.comparing import SAME
from redraft.agent.figures import differ, statistics
from redraft.agent.restating import ALONE, TOGETHER, Said, denies, is_held, likeness, recounts, said_in
from redraft.store.drafts import Exhibit
from redraft.store.models import Claim, Dispute, Source

MOST = 6
"""Changes of a kind that are shown: the report itself is still to be read. Starting point."""
AGAIN = 0.75
"""The share of the terms of a sentence with new evidence that must have been said for it to be no news. Half of 27
rewordings reach it (`redraft.agent.restating.TOGETHER`): the others are shown, as they do cite something new."""


class Edition(NamedTuple):
    """A report, as far as it is compared with another."""

    texts: Sequence[str]
    """Of its sections in order, resolved, without the summary and the conclusion: these only repeat the others."""
    exhibits: Sequence[Exhibit]
    """All evidence of its run: what both runs have is cited by one number in both."""
    claims: Sequence[Claim] = ()
    disputes: Sequence[Dispute] = ()


class Change(NamedTuple):
    """A sentence of the old report and the one that is said in its place; either is empty where there is none."""

    old: str = ""
    new: str = ""


class Group(NamedTuple):
    """Changes of one kind: first what rests on new evidence, then what holds figures."""

    shown: tuple[Change, ...] = ()
    more: int = 0
    """How many there are besides."""


class Changes(NamedTuple):
    """What is new since an earlier report. No sentence of a report is in two places of it."""

    date: str
    """Of the earlier report, in the form of ISO 8601."""
    sources: tuple[Source, ...] = ()
    """What the report cites and the earlier run did not have, or not as it reads now; by first mention."""
    added: Group = Group()
    changed: Group = Group()
    """Another figure, date or quotation, a denial, or another statement from new evidence."""
    contradicted: Group = Group()
    """What new evidence denies or gives other figures for, and what does not hold against its own."""
    withdrawn: Group = Group()
    """What nothing in the report says any more."""

    @property
    def by_kind(self) -> dict[str, Group]:
        kinds = ("added", "changed", "contradicted", "withdrawn")
        return dict(zip(kinds, self.groups, strict=True))

    @property
    def groups(self) -> tuple[Group, Group, Group, Group]:
        return self.added, self.changed, self.contradicted, self.withdrawn

    @property
    def texts(self) -> list[str]:
        """The sentences that are shown, in order."""
        return [text for group in self.groups for change in group.shown for text in change if text]


class _Pair(NamedTuple):
    """Two sentences on one matter, or one and nothing."""

    old: Said
    new: Said


_NOTHING = Said("")


def compare(old: Edition, new: Edition, date: str) -> Changes:
    """What is new in a report since the old one, which is of that date.

    Every sentence of it is one of a text or a dispute of either report, to the letter, but for its line breaks and the
    mark of a list item. A row of a table, or whatever else cannot stand alone, is not shown.
    """
    found = _Comparison(old, new)
    groups = (found.added, found.changed, found.contradicted, found.withdrawn)
    return Changes(date, found.sources, *(_group(pairs, found.fresh) for pairs in groups))


@dataclass(frozen=True)
class _Comparison:
    old: Edition
    new: Edition

    @cached_property
    def fresh(self) -> Set[int]:
        """The evidence that the old run did not have: a passage that it had word for word is none of it."""
        known = {_plain(exhibit.passage.text) for exhibit in self.old.exhibits}
        return {row.evidence.number for row in self.new.exhibits if _plain(row.passage.text) not in known}

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        known = {exhibit.source.id for exhibit in self.old.exhibits}
        exhibits = {exhibit.evidence.number: exhibit for exhibit in self.new.exhibits}
        numbers = [number for text in _all_texts(self.new) for number in cited(text) if number in self.fresh]
        found = [exhibits[number].source for number in numbers]
        return tuple({source.id: source for source in found if source.id not in known}.values())

    @cached_property
    def before(self) -> list[Said]:
        return said_in(self.old.texts)

    @cached_property
    def after(self) -> list[Said]:
        return said_in(self.new.texts)

    @cached_property
    def disputed(self) -> list[_Pair]:
        """Old sentences that one side of a dispute is on, each with the other side, which is from new evidence."""
        sides = [(said_in([row.one]), said_in([row.other])) for row in self.new.disputes]
        pairs = [pair for one, other in sides for pair in (*product(one, other), *product(other, one))]
        likely = [
            (-like, _Pair(old, its))
            for (mine, its), old in product(pairs, self.before)
            if old.evidence & mine.evidence - self.fresh and its.evidence & self.fresh
            if (like := likeness(old, mine)) >= SAME
        ]
        return _one_to_one([pair for _, pair in sorted(likely, key=itemgetter(0))])

    @cached_property
    def gone(self) -> list[Said]:
        """What the report no longer says, and no such dispute is about."""
        holders, disputed = said_in(_all_texts(self.new)), {pair.old for pair in self.disputed}
        return [said for said in self.before if said not in disputed and not is_held(said, holders)]

    @cached_property
    def come(self) -> list[Said]:
        """What the old report did not say."""
        holders = said_in(_all_texts(self.old))
        return [said for said in self.after if not is_held(said, holders, *self._bars(said))]

    def _bars(self, said: Said) -> tuple[float, float]:
        return (AGAIN, AGAIN) if said.evidence & self.fresh else (TOGETHER, ALONE)

    @cached_property
    def matched(self) -> list[_Pair]:
        """What is gone, with what now stands on its matter: best what was not said before, then the likest."""
        taken = {said.words for said in (*self.before, *(pair.new for pair in self.disputed))}
        free = [said for said in self.after if said.words not in taken]
        found = [(likeness(old, new), _Pair(old, new)) for old, new in product(self.gone, free)]
        likely = [(pair.new not in self.come, -like, pair) for like, pair in found if like >= SAME]
        return _one_to_one([pair for *_, pair in sorted(likely, key=itemgetter(0, 1))])

    @cached_property
    def refuted(self) -> Set[str]:
        """The words of claims that do not hold against their evidence, as was not known before."""
        return _contradicted(self.new.claims) - _contradicted(self.old.claims)

    @cached_property
    def contradicted(self) -> list[_Pair]:
        met = [*self.disputed, *(pair for pair in self.matched if self._is_contradicted(pair))]
        olds = {pair.old for pair in (*self.disputed, *self.matched)}
        lone = [said for said in self.before if said.words in self.refuted and said not in olds]
        return [*met, *(_Pair(said, _NOTHING) for said in lone)]

    def _is_contradicted(self, pair: _Pair) -> bool:
        otherwise = denies(*pair) or _differ(*pair)
        return pair.old.words in self.refuted or bool(pair.new.evidence & self.fresh and otherwise)

    @cached_property
    def changed(self) -> list[_Pair]:
        left = [pair for pair in self.matched if pair not in self.contradicted]
        return [pair for pair in left if pair.new.evidence & self.fresh or denies(*pair) or recounts(*pair)]

    @cached_property
    def added(self) -> list[_Pair]:
        news = {pair.new.words for pair in (*self.disputed, *self.matched)}
        return [_Pair(_NOTHING, said) for said in self.come if said.words not in news]

    @cached_property
    def withdrawn(self) -> list[_Pair]:
        olds = {pair.old for pair in (*self.contradicted, *self.matched)}
        return [_Pair(said, _NOTHING) for said in self.gone if said not in olds]


def _all_texts(edition: Edition) -> list[str]:
    return [*edition.texts, *(side for dispute in edition.disputes for side in (dispute.one, dispute.other))]


def _contradicted(claims: Sequence[Claim]) -> Set[str]:
    return {without_marks(_plain(claim.text)) for claim in claims if claim.verdict == "contradicted"}


def _differ(old: Said, new: Said) -> bool:
    return any(differ(one, other) for one, other in product(statistics(old.words), statistics(new.words)))


def _one_to_one(pairs: Sequence[_Pair]) -> list[_Pair]:
    """The pairs in order, without those of which one is in a pair before them."""
    kept, met = list[_Pair](), set[str]()
    for pair in pairs:
        if met.isdisjoint((pair.old.words, pair.new.words)):
            kept.append(pair)
            met |= {pair.old.words, pair.new.words}
    return kept


def _group(pairs: Sequence[_Pair], fresh: Set[int]) -> Group:
    ranked = sorted(pairs, key=lambda pair: (not pair.new.evidence & fresh, not any(said.figures for said in pair)))
    shown = tuple(Change(pair.old.text, pair.new.text) for pair in ranked[:MOST])
    return Group(shown, len(ranked) - len(shown))


def _plain(text: str) -> str:
    return " ".join(text.split())
