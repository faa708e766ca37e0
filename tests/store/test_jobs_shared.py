"""Whatever several processes do with the same jobs, in whatever order, and however the clock is moved."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from redraft.store import jobs
from redraft.store.database import Database
from redraft.store.errors import JobBusy
from redraft.store.models import Job, JobRun
from redraft.store.models.jobs import ACTIVE
from redraft.tests.store.turning import HOUR, LEASE, ONE, SEVEN, TWO, job, of

LIMIT = 1
NAMES = ("trams", "buses")
PROCESSES, JOBS, TURNS = st.sampled_from((ONE, TWO)), st.sampled_from(NAMES), st.integers(0, 1)
MINUTES = st.sampled_from((-5, 1, 1, 3, 30, 60, 150))
ENDS = st.sampled_from(("done", "done", "failed", "unchanged", "ready", "interrupted"))


class Processes(RuleBasedStateMachine):
    """Two processes over two jobs, and beside them what they were told: who holds what until when."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = SEVEN
        self.jobs = {name: jobs.add(self.database, job(name)) for name in NAMES}
        self.holds: dict[int, tuple[str, datetime]] = {}
        self.over: dict[int, dict[str, Any]] = {}
        self.looked: list[Job] = []
        self.ticked: Counter[tuple[int, datetime]] = Counter()

    def teardown(self) -> None:
        for each in self.jobs.values():
            jobs.remove(self.database, each, self.now + timedelta(days=1))

    @rule(minutes=MINUTES)
    def time_goes_by(self, minutes: int) -> None:
        """Or the clock is set back a little."""
        self.now += timedelta(minutes=minutes)

    @rule()
    def a_process_looks_what_is_due(self) -> None:
        """And is slow to take it."""
        self.looked += jobs.due(self.database, self.now)

    @rule()
    def two_processes_take_what_they_saw(self) -> None:
        for each in [*jobs.due(self.database, self.now), *self.looked]:
            assert each.next_at is not None
            turn = jobs.tick(self.database, each, of(each, each.next_at), each.next_at + HOUR)
            if turn is not None:
                self.ticked[turn.job_id, turn.due_at] += 1
        self.looked.clear()

    @rule(name=JOBS)
    def the_user_runs_a_job(self, name: str) -> None:
        active = self.active(name)
        under_way = active and active.state == "running" and self.is_held(active)
        try:
            jobs.begin_by_hand(self.database, of(self.jobs[name], self.now + timedelta(seconds=1), by_hand=True))
        except JobBusy:
            assert under_way
        else:
            assert not under_way

    @rule(process=PROCESSES)
    def a_process_claims(self, process: str) -> None:
        self.two_processes_take_what_they_saw()
        under_way = [turn for turn in self.turns() if turn.state == "running" and self.is_held(turn)]
        turn = jobs.claim(self.database, process, self.now, LEASE, servers=lambda job: ["gpu"], limit=LIMIT)
        if turn is not None:
            assert turn.id not in [each.id for each in under_way]
            assert len(under_way) < LIMIT
            self.holds[turn.id or 0] = process, self.now + LEASE

    @rule(process=PROCESSES, number=TURNS)
    def a_process_renews(self, process: str, number: int) -> None:
        if turn := self.turn(number):
            renewed = jobs.renew(self.database, turn, process, self.now + LEASE)
            assert renewed == self.is_holder(turn, process)
            if renewed:
                self.holds[turn.id or 0] = process, self.now + LEASE

    @rule(process=PROCESSES, number=TURNS, state=ENDS)
    def a_process_lets_go(self, process: str, number: int, state: str) -> None:
        if turn := self.turn(number):
            held = self.is_holder(turn, process)
            assert jobs.let_go(self.database, turn, process, {"state": state, "not_before": self.now}) == held
            if held:
                del self.holds[turn.id or 0]

    @invariant()
    def all_is_in_order(self) -> None:
        turns = self.turns()
        active = Counter(turn.job_id for turn in turns if turn.state in ACTIVE)
        assert max(active.values(), default=1) == 1, "a job has one active turn at most"
        running = {turn.id: (turn.holder, turn.held_until) for turn in turns if turn.state == "running"}
        assert running == self.holds, "who holds a turn is who was given it last"
        over = {turn.id or 0: turn.model_dump() for turn in turns if turn.state not in ACTIVE}
        assert self.over.items() <= over.items(), "what is over does not change"
        self.over = over
        assert max(self.ticked.values(), default=1) == 1, "no tick is taken twice"
        ahead = sum(((each.next_at or SEVEN) - SEVEN for each in map(self.kept, NAMES)), timedelta())
        assert sum(not turn.by_hand for turn in turns) * HOUR == ahead, "no tick is lost"

    def kept(self, name: str) -> Job:
        return jobs.get(self.database, name)

    def turns(self) -> list[JobRun]:
        return [turn for each in self.jobs.values() for turn in jobs.of_job(self.database, each)]

    def turn(self, number: int) -> JobRun | None:
        """Those that are run first, and of the others the newest."""
        turns = sorted(self.turns(), key=lambda turn: (turn.state != "running", -(turn.id or 0)))
        return turns[number] if number < len(turns) else None

    def active(self, name: str) -> JobRun | None:
        turns = jobs.of_job(self.database, self.jobs[name])
        return next((turn for turn in turns if turn.state in ACTIVE), None)

    def is_held(self, turn: JobRun) -> bool:
        return self.holds[turn.id or 0][1] >= self.now

    def is_holder(self, turn: JobRun, process: str) -> bool:
        return self.holds.get(turn.id or 0, ("", self.now))[0] == process


def test_no_turn_is_ever_two_processes_s(shared: Database) -> None:
    class Here(Processes):
        database = shared

    run_state_machine_as_test(Here, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
