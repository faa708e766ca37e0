"""What a run announces, as lines for the terminal: what was done, where, and why."""

from functools import singledispatchmethod

from rich.markup import escape

from redraft.agent import events
from redraft.agent.events import Event
from redraft.cli_terminal import STOPPED

LONGEST = 160
"""Characters of a reason; the run's log has the whole."""
WHOLE = "the whole report"
KINDS = {
    "missing": "a matter is missing",
    "branch": "has more to it",
    "thin": "says too little",
    "unsupported": "lacks evidence",
    "outdated": "may be out of date",
    "conflicting": "is contradicted",
    "note": "your note",
}
"""What a round is to mend, by the kind of its gap."""
WRITTEN = {
    "draft": "written",
    "quote": "[yellow]quoted from its evidence[/yellow]",
    "repair": "repaired",
    "trim": "without what was said before",
    "cohere": "polished",
    "fit": "brought to its length",
    "restore": "as it was before",
    "carry": "carried over from the last report",
}
"""How a text came about, by what made it. Of `denoise` the judgement of the round tells."""


class Lines:
    """The lines of one run, in rich's markup. It is shown every event, and learns the titles of the sections so."""

    def __init__(self) -> None:
        self._titles: dict[str, str] = {}
        self._found: dict[int, events.RoundSearched] = {}

    @singledispatchmethod
    def of(self, event: Event) -> str | None:
        """The line for an event; None for one that would only tell what others do."""
        return None

    @of.register
    def _(self, event: events.ServerWarned) -> str:
        return f"[yellow]{_plain(event.text)}[/yellow]"

    @of.register
    def _(self, event: events.RunStarted) -> str:
        begun = "resumed" if event.resumed else "begun"
        news = f", for {_count(event.news, 'source')} that run {event.follows} did not have" if event.follows else ""
        return f"run [bold]{event.run}[/bold] {begun}{news}: {_plain(event.question)}"

    @of.register
    def _(self, event: events.BriefWritten) -> str:
        return f"brief: {_plain(event.title)}"

    @of.register
    def _(self, event: events.OutlinePlanned) -> str:
        planned = {str(number): title for number, title in enumerate(event.titles, start=1)}
        self._titles.update(planned)
        return "outline: " + _plain("; ".join(f"{number} {title}" for number, title in planned.items()))

    @of.register
    def _(self, event: events.ApprovalAwaited) -> str:
        return "the outline waits for your approval"

    @of.register
    def _(self, event: events.RunFinished) -> str:
        quoted = f", [yellow]{event.quoted} of them quoted[/yellow]" if event.quoted else ""
        return f"done: {event.sections} sections{quoted}, {event.words} words, {event.references} references"

    @of.register
    def _(self, event: events.ProviderSilent) -> str:
        return f"[yellow]{event.provider} gave nothing: {_short(event.detail or event.reason)}[/yellow]"

    @of.register
    def _(self, event: events.PagesGathered) -> str:
        linked = f", {event.followed} of them by links" if event.followed else ""
        failed = ", ".join(f"{count} {reason}" for reason, count in event.failed.items())
        return f"pages: {event.read} read{linked}" + (f"; [yellow]not had: {failed}[/yellow]" if failed else "")

    @of.register
    def _(self, event: events.TooOld) -> str:
        return f"[dim]too old, left out: {_short(event.url)} ({_plain(event.date)})[/dim]"

    @of.register
    def _(self, event: events.SuspiciousText) -> str:
        return f"[yellow]{event.sentences} sentences addressed to software left out: {_plain(event.url)}[/yellow]"

    @of.register
    def _(self, event: events.PassagesEncoded) -> str | None:
        done = event.done == event.total
        return f"encoded: {event.total:,} passages, to be found by their meaning" if done else None

    @of.register
    def _(self, event: events.EvidenceGathered) -> str:
        return f"evidence: {event.passages} passages of {event.sources} sources"

    @of.register
    def _(self, event: events.CallRetried) -> str:
        return f"[yellow]the server failed, trying again: {_plain(event.reason)}[/yellow]"

    @of.register
    def _(self, event: events.CallLeftOut) -> str:
        return f"[yellow]{place(event)} not asked for: {_plain(event.reason)}[/yellow]"

    @of.register
    def _(self, event: events.ReplyRefused) -> str:
        why = _short(" ".join(event.problems))
        return f"[dim]{place(event)}, try {event.attempt + 1} sent back: {why}[/dim]"

    @of.register
    def _(self, event: events.SectionWritten) -> str | None:
        self._titles[event.section] = event.title
        if event.op == "denoise":
            return None
        return f"{self._section(event.section)}: {WRITTEN[event.op]} ({event.words} words)"

    @of.register
    def _(self, event: events.WaveBegun) -> str:
        focuses = ", ".join(f"section {number}" if number else WHOLE for number in event.sections)
        return f"[bold]wave {event.wave}[/bold]: {_count(len(event.sections), 'round')}, on {focuses}"

    @of.register
    def _(self, event: events.QuestionAsked) -> str:
        parts = f" (in {len(event.parts)} parts)" if event.parts else ""
        about = f"{self._section(event.section)} ({KINDS[event.gap]})"
        return f"round {event.round}, {about}: {_plain(event.question)}{parts}"

    @of.register
    def _(self, event: events.RoundSearched) -> None:
        self._found[event.round] = event

    @of.register
    def _(self, event: events.QuestionAnswered) -> str:
        found, said = self._found.pop(event.round, None), "no answer"
        if event.sentences:
            said = f"{_count(event.sentences, 'sentence')} of {_count(event.sources, 'source')}"
            said = f"an answer in {said}, {event.novelty:.0%} new to the report"
        passages = f"{_count(found.passages, 'passage')} found ({found.fresh} new), " if found else ""
        return f"round {event.round}: {passages}{said}"

    @of.register
    def _(self, event: events.RoundRouted) -> str:
        way = {"deepen": "divides", "denoise": "rewrites"}.get(event.route)
        what = f"{way} {self._section(event.section)}" if way else "changes nothing"
        return f"round {event.round} {what}. {_plain(event.reason)}"

    @of.register
    def _(self, event: events.RoundEnded) -> str:
        return f"round {event.round} ends {event.outcome}. {_plain(event.reason)}"

    @of.register
    def _(self, event: events.SectionsAdded) -> str:
        return f"round {event.round}: {self._section(event.section)} is divided into {_plain('; '.join(event.titles))}"

    @of.register
    def _(self, event: events.RevisionJudged) -> str:
        section = f"round {event.round}: {self._section(event.section)}"
        match event.outcome:
            case "accepted":
                return f"{section} is rewritten: {_claims(event)}"
            case "proposed":
                return f"{section} is locked: [yellow]a new text is proposed[/yellow] ({_claims(event)})"
            case _:
                return f"{section} stays as it is: {_short(event.reason)}"

    @of.register
    def _(self, event: events.RoundsStopped) -> str | None:
        if event.reason == "off":
            return None
        return f"rounds over: {STOPPED[event.reason]}; {_count(event.open_gaps, 'question')} left open"

    @of.register
    def _(self, event: events.SnapshotChosen) -> str | None:
        if event.of == 1:
            return None
        name, _, number = event.name.partition(" ")
        after = f"wave {number}" if name == "wave" else "verifying"
        which = "the first drafts" if event.name == "wave 0" else f"the one after {after}"
        faults = _some(
            (event.dangling, "citations without evidence"),
            (event.unsupported, "sentences without support"),
            (event.repeated, "repetitions"),
        )
        return f"best of {event.of} states: {which}" + (f" ({', '.join(faults)})" if faults else "")

    @of.register
    def _(self, event: events.DisputesFound) -> str | None:
        if not event.asked:
            return None
        return f"sources: {_count(event.asked, 'possible dispute')} looked at, {event.found or 'none'} found"

    @of.register
    def _(self, event: events.SectionVerified) -> str | None:
        checked = event.supported + event.partial + event.contradicted + event.unsupported
        if not checked + event.unchecked:
            return None
        told = _some(
            (event.patched, "corrected"),
            (event.hedged, "made less sure"),
            (event.deleted, "taken out"),
            (event.unchecked, "not checked"),
        )
        holding = f"{event.supported} of {_count(checked, 'claim')} hold"
        return f"{self._section(event.section)} verified: {', '.join([holding, *told])}"

    @of.register
    def _(self, event: events.LengthFitted) -> str:
        return f"length: {event.written:,} words, {event.wanted:,} wanted"

    def _section(self, number: str) -> str:
        """A section by number and, as far as it is known, title, or the report as a whole."""
        if not number:
            return WHOLE
        title = self._titles.get(number)
        return f"section {number} “{_plain(title)}”" if title else f"section {number}"


def place(event: events.CallAnswered | events.CallLeftOut | events.ReplyRefused) -> str:
    """What the model was asked for."""
    step = event.node.replace("_", " ")
    return step if event.section is None else f"{step} {event.section}"


def _claims(event: events.RevisionJudged) -> str:
    more = _some((event.updated, "corrected"), (event.lost, "left out"))
    return ", ".join([f"{_count(event.kept, 'claim')} kept", *more])


def _some(*counts: tuple[int, str]) -> list[str]:
    return [f"{count} {what}" for count, what in counts if count]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _short(text: str) -> str:
    return _plain(text if len(text) <= LONGEST else text[:LONGEST] + "…")


def _plain(text: str) -> str:
    """Text of others on one line, with nothing in it that could mean something to rich or to the terminal."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return escape(" ".join(printable.split()))
