from datetime import timedelta

import pytest

from redraft.store import deliveries, jobs, runs, seen
from redraft.store.database import Database
from redraft.store.errors import JobBusy, JobExists, NoSuchJob
from redraft.store.holders import this_process
from redraft.store.models import Run
from redraft.tests.store.turning import HOUR, LEASE, ONE, SEVEN, THREE, TWO, claim, delivery, held, job, of, struck

LATER = SEVEN + LEASE + timedelta(seconds=1)
"""The lease of what was claimed at seven is over."""


def test_a_name_is_one_job_s(database: Database) -> None:
    jobs.add(database, job("trams"))

    with pytest.raises(JobExists, match="there is a job 'trams' already"):
        jobs.add(database, job("trams"))
    with pytest.raises(NoSuchJob, match="there is no job 'buses'"):
        jobs.get(database, "buses")
    assert [each.name for each in jobs.everyone(database)] == ["trams"]


def test_what_is_changed_stays_changed_and_the_rest_as_it_was(database: Database) -> None:
    before = jobs.add(database, job())

    jobs.change(database, before, question="And buses?", paused="by hand", next_at=None)

    after = jobs.get(database, "trams").model_dump()
    assert after == before.model_dump() | {"question": "And buses?", "paused": "by hand", "next_at": None}


def test_due_is_what_waits_longest_first_and_nothing_that_is_paused(database: Database) -> None:
    jobs.add(database, job("new", next_at=SEVEN))
    jobs.add(database, job("coming", next_at=SEVEN + HOUR))
    jobs.add(database, job("old", next_at=SEVEN - HOUR))
    jobs.add(database, job("paused", next_at=SEVEN - HOUR, paused="by hand"))
    jobs.add(database, job("never", next_at=None))

    assert [each.name for each in jobs.due(database, SEVEN)] == ["old", "new"]


def test_a_tick_that_two_processes_saw_is_taken_by_one(database: Database) -> None:
    jobs.add(database, job())
    (one,), (two,) = jobs.due(database, SEVEN), jobs.due(database, SEVEN)

    first = jobs.tick(database, one, of(one), SEVEN + HOUR)
    second = jobs.tick(database, two, of(two), SEVEN + HOUR)

    assert first is not None
    assert second is None
    assert [turn.id for turn in jobs.of_job(database, one)] == [first.id]
    assert jobs.get(database, "trams").next_at == SEVEN + HOUR


def test_a_slow_process_takes_no_tick_again_and_sets_no_clock_back(database: Database) -> None:
    slow = jobs.add(database, job())
    struck(database, slow)
    struck(database, slow)

    assert jobs.tick(database, slow, of(slow), SEVEN + HOUR) is None
    assert jobs.get(database, "trams").next_at == SEVEN + 2 * HOUR


def test_a_tick_of_a_job_that_was_paused_since_is_not_taken(database: Database) -> None:
    seen_due = jobs.add(database, job())
    jobs.change(database, seen_due, paused="by hand")

    assert jobs.tick(database, seen_due, of(seen_due), SEVEN + HOUR) is None
    assert jobs.of_job(database, seen_due) == []


def test_a_tick_within_a_run_is_skipped_and_one_after_it_is_not(database: Database) -> None:
    turn = held(database)
    of_trams = jobs.get(database, "trams")

    skipped = struck(database, of_trams)
    jobs.let_go(database, turn, ONE, {"state": "done"})
    taken = struck(database, of_trams)

    assert (skipped.state, skipped.reason, skipped.finished_at) == ("skipped", jobs.OVERLAP, SEVEN + HOUR)
    assert taken.state == "ready"


def test_a_tick_that_comes_again_with_another_schedule_is_no_second_turn(database: Database) -> None:
    turn = held(database)
    jobs.let_go(database, turn, ONE, {"state": "done"})
    again = jobs.change(database, jobs.get(database, "trams"), next_at=SEVEN)

    assert jobs.tick(database, again, of(again), SEVEN + HOUR) is None
    assert jobs.get(database, "trams").next_at == SEVEN + HOUR
    assert [each.state for each in jobs.of_job(database, again)] == ["done"]


def test_by_hand_begins_what_waits_and_nothing_beside_what_is_under_way(database: Database) -> None:
    waiting = struck(database, jobs.add(database, job()))
    of_trams = jobs.get(database, "trams")
    jobs.change(database, of_trams, next_at=None)
    early = of(of_trams, SEVEN - HOUR, by_hand=True)

    begun = jobs.begin_by_hand(database, early)
    assert (begun.id, begun.not_before) == (waiting.id, SEVEN - HOUR)
    assert claim(database) is not None

    with pytest.raises(JobBusy, match="under way"):
        jobs.begin_by_hand(database, of(of_trams, SEVEN + LEASE))
    assert jobs.begin_by_hand(database, of(of_trams, LATER)).id == waiting.id
    jobs.let_go(database, waiting, ONE, {"state": "done"})
    assert jobs.begin_by_hand(database, of(of_trams, LATER, by_hand=True)).id != waiting.id


def test_who_claims_is_given_what_waits_longest(database: Database) -> None:
    new = struck(database, jobs.add(database, job("new")))
    old = struck(database, jobs.add(database, job("old", next_at=SEVEN - HOUR)))
    coming = struck(database, jobs.add(database, job("coming", next_at=SEVEN + HOUR)))

    assert [turn and turn.id for turn in (claim(database), claim(database), claim(database))] == [old.id, new.id, None]
    turn = claim(database, now=SEVEN + HOUR, only=coming.id)
    assert turn is not None
    assert (turn.state, turn.holder, turn.held_until) == ("running", ONE, SEVEN + HOUR + LEASE)
    assert (turn.tries, turn.started_at, turn.server) == (1, SEVEN + HOUR, "gpu")


def test_a_server_is_given_no_more_than_its_limit_and_what_is_lost_counts_no_more(database: Database) -> None:
    for name in ("trams", "buses", "ferries"):
        struck(database, jobs.add(database, job(name)))

    assert claim(database, ONE, limit=1) is not None
    assert claim(database, TWO, limit=1) is None
    assert claim(database, TWO, limit=1, servers=["another"]) is not None
    assert claim(database, THREE, now=LATER, limit=1) is not None


def test_jobs_that_share_any_server_share_its_limit(database: Database) -> None:
    for name in ("trams", "buses", "ferries"):
        struck(database, jobs.add(database, job(name)))

    assert claim(database, ONE, limit=1, servers=["a", "b"]) is not None
    assert claim(database, TWO, limit=1, servers=["b", "c"]) is None
    assert claim(database, TWO, limit=1, servers=["b"]) is None
    assert claim(database, TWO, limit=1, servers=["c", "d"]) is not None


def test_a_turn_is_one_process_s_for_as_long_as_its_lease_is_renewed(database: Database) -> None:
    turn = held(database)

    assert claim(database, TWO, SEVEN + LEASE) is None
    assert jobs.renew(database, turn, ONE, LATER + LEASE)
    assert claim(database, TWO, LATER + LEASE) is None
    assert not jobs.renew(database, turn, TWO, LATER + HOUR)

    taken = claim(database, TWO, LATER + LEASE + LEASE)
    assert taken is not None
    assert (taken.id, taken.tries, taken.started_at) == (turn.id, 2, SEVEN)
    assert not jobs.renew(database, turn, ONE, LATER + HOUR)


def test_a_process_of_this_machine_that_has_ended_is_not_waited_for(database: Database) -> None:
    struck(database, jobs.add(database, job()))
    machine = this_process().rsplit(" ", 2)[0]

    assert claim(database, f"{machine} 1 -1.0") is not None
    assert claim(database, this_process()) is not None
    assert claim(database, TWO) is None


def test_what_became_of_a_turn_is_kept_whole_or_not_at_all(database: Database) -> None:
    turn = held(database)
    ended = {"state": "failed", "reason": "no model", "finished_at": LATER}
    assert claim(database, TWO, LATER) is not None

    assert not jobs.let_go(database, turn, ONE, ended, job={"failures": 1}, deliveries=[delivery()])
    assert jobs.turn(database, turn.id or 0).holder == TWO
    assert jobs.get(database, "trams").failures == 0
    assert deliveries.due(database, LATER) == []

    assert jobs.let_go(database, turn, TWO, ended, job={"failures": 1}, deliveries=[delivery(), delivery("notice")])
    kept = jobs.turn(database, turn.id or 0)
    assert (kept.state, kept.reason, kept.holder, kept.held_until) == ("failed", "no model", None, None)
    assert jobs.get(database, "trams").failures == 1
    assert [(each.number, each.kind) for each in deliveries.of_turn(database, turn.id or 0)] == [
        (1, "report"),
        (2, "notice"),
    ]
    assert not jobs.let_go(database, turn, TWO, {"state": "done"})


def test_the_turns_of_a_job_are_given_newest_first(database: Database) -> None:
    of_trams = jobs.add(database, job())
    jobs.add(database, job("buses"))
    ids = [struck(database, of_trams).id for _ in range(3)]

    assert [turn.id for turn in jobs.of_job(database, of_trams)] == ids[::-1]
    assert [turn.id for turn in jobs.of_job(database, of_trams, 2)] == ids[:0:-1]


def test_a_job_is_removed_with_all_that_is_its_own_and_its_reports_stay(database: Database) -> None:
    turn = held(database)
    runs.create(database, Run(id="one", question="?", status="done", settings={}, created_at=SEVEN))
    of_trams, other = jobs.get(database, "trams"), held(database, "buses")
    for each in (of_trams.id, other.job_id):
        seen.add(database, each or 0, ["https://trams.example/"])
    jobs.let_go(database, turn, ONE, {"state": "done", "run_id": "one"}, deliveries=[delivery()])
    struck(database, of_trams)

    jobs.remove(database, of_trams, SEVEN)

    assert [each.name for each in jobs.everyone(database)] == ["buses"]
    assert deliveries.due(database, LATER) == []
    assert seen.keys(database, of_trams.id or 0) == set()
    assert seen.keys(database, other.job_id) == {"https://trams.example/"}
    assert [run.id for run in runs.newest_first(database)] == ["one"]
    assert jobs.turn(database, other.id or 0).holder == ONE


def test_a_job_that_is_run_cannot_be_removed_unless_its_process_is_lost(database: Database) -> None:
    held(database)
    of_trams = jobs.get(database, "trams")

    with pytest.raises(JobBusy, match="under way"):
        jobs.remove(database, of_trams, SEVEN + LEASE)
    jobs.remove(database, of_trams, LATER)

    assert jobs.everyone(database) == []


def test_the_next_moment_is_the_first_of_all_that_comes(database: Database) -> None:
    assert jobs.next_moment(database, SEVEN) is None
    turn = held(database, next_at=SEVEN)
    jobs.add(database, job("paused", paused="by hand", next_at=SEVEN + timedelta(seconds=1)))
    of_trams = jobs.get(database, "trams")

    assert jobs.next_moment(database, SEVEN) == SEVEN + LEASE
    assert jobs.next_moment(database, SEVEN + LEASE) == of_trams.next_at == SEVEN + HOUR
    jobs.let_go(database, turn, ONE, {"state": "ready", "not_before": SEVEN + HOUR / 2})
    assert jobs.next_moment(database, SEVEN) == SEVEN + HOUR / 2
    assert claim(database, now=SEVEN + HOUR) is not None
    later = delivery()
    later.not_before = SEVEN + HOUR / 3
    jobs.let_go(database, turn, ONE, {"state": "done"}, deliveries=[later])
    assert jobs.next_moment(database, SEVEN) == SEVEN + HOUR / 3
    assert jobs.next_moment(database, SEVEN + HOUR) is None
