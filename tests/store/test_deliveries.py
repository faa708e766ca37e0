from datetime import timedelta

import pytest

from redraft.store import deliveries, jobs
from redraft.store.database import Database
from redraft.store.models import Delivery
from redraft.tests.store.turning import HOUR, ONE, SEVEN, delivery, held

EIGHT = SEVEN + HOUR


@pytest.fixture
def turn(database: Database) -> int:
    """One that is done, with two deliveries."""
    turn = held(database)
    jobs.let_go(database, turn, ONE, {"state": "done"}, deliveries=[delivery(), delivery()])
    return turn.id or 0


def first(database: Database, turn: int) -> Delivery:
    return deliveries.of_turn(database, turn)[0]


def test_due_is_what_waits_with_its_turn_and_its_job_in_the_order_it_was_asked_for(
    database: Database, turn: int
) -> None:
    one, _ = deliveries.due(database, SEVEN)

    assert (one.delivery.number, one.turn.id, one.job.name) == (1, turn, "trams")
    assert [due.delivery.number for due in deliveries.due(database, SEVEN)] == [1, 2]
    assert deliveries.due(database, SEVEN - timedelta(seconds=1)) == []


def test_a_try_is_one_process_s_until_it_must_be_over(database: Database, turn: int) -> None:
    (seen, _), (too, _) = deliveries.due(database, SEVEN), deliveries.due(database, SEVEN)

    assert deliveries.take(database, seen.delivery, EIGHT)
    assert not deliveries.take(database, too.delivery, EIGHT)
    assert [due.delivery.number for due in deliveries.due(database, SEVEN)] == [2]
    again, _ = deliveries.due(database, EIGHT)
    assert deliveries.take(database, again.delivery, EIGHT + HOUR)
    assert first(database, turn).tries == 2


def test_what_came_of_a_try_is_noted(database: Database, turn: int) -> None:
    one, two = (due.delivery for due in deliveries.due(database, SEVEN))
    for each in (one, two):
        assert deliveries.take(database, each, EIGHT)

    assert deliveries.put_off(database, one, "it is away", EIGHT + HOUR)
    assert deliveries.give_up(database, two, "it refused", EIGHT)

    waiting, failed = deliveries.of_turn(database, turn)
    assert (waiting.state, waiting.error, waiting.not_before) == ("pending", "it is away", EIGHT + HOUR)
    assert (failed.state, failed.error, failed.finished_at) == ("failed", "it refused", EIGHT)
    (due,) = deliveries.due(database, EIGHT + HOUR)
    assert deliveries.take(database, due.delivery, EIGHT + HOUR)
    assert deliveries.arrived(database, due.delivery, EIGHT + HOUR)
    assert (first(database, turn).state, first(database, turn).error) == ("done", "")
    assert deliveries.due(database, EIGHT + 2 * HOUR) == []


def test_a_try_that_fails_late_takes_nothing_from_the_one_after_it(database: Database, turn: int) -> None:
    """As of a machine that slept."""
    late = first(database, turn)
    assert deliveries.take(database, late, EIGHT)
    next_try, _ = (due.delivery for due in deliveries.due(database, EIGHT))
    assert deliveries.take(database, next_try, EIGHT + HOUR)

    assert not deliveries.put_off(database, late, "it is away", SEVEN)
    assert not deliveries.give_up(database, late, "it refused", EIGHT)
    assert first(database, turn).not_before == EIGHT + HOUR

    assert deliveries.arrived(database, next_try, EIGHT)
    assert not deliveries.give_up(database, late, "it refused", EIGHT)
    assert first(database, turn).state == "done"


def test_what_arrived_late_has_arrived(database: Database, turn: int) -> None:
    late = first(database, turn)
    assert deliveries.take(database, late, EIGHT)
    next_try, _ = (due.delivery for due in deliveries.due(database, EIGHT))
    assert deliveries.take(database, next_try, EIGHT + HOUR)

    assert deliveries.arrived(database, late, EIGHT)
    assert not deliveries.put_off(database, next_try, "it is away", EIGHT)
    assert first(database, turn).state == "done"


def test_of_a_job_that_is_gone_nothing_is_taken_or_noted(database: Database, turn: int) -> None:
    one, two = (due.delivery for due in deliveries.due(database, SEVEN))
    assert deliveries.take(database, one, EIGHT)
    jobs.remove(database, jobs.get(database, "trams"), SEVEN)

    assert not deliveries.take(database, two, EIGHT)
    assert not deliveries.arrived(database, one, EIGHT)
    assert not deliveries.put_off(database, one, "it is away", EIGHT)


def test_the_deliveries_of_a_job_are_told_by_their_state(database: Database, turn: int) -> None:
    other = held(database, "buses")
    jobs.let_go(database, other, ONE, {"state": "done"}, deliveries=[delivery()])
    one = first(database, turn)
    deliveries.take(database, one, EIGHT)
    deliveries.arrived(database, one, EIGHT)
    mine = jobs.get(database, "trams").id or 0

    assert [each.id for each in deliveries.of_job(database, mine, "done")] == [one.id]
    assert [each.number for each in deliveries.of_job(database, mine, "pending")] == [2]
