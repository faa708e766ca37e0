"""What scores come to: checked by hand on a handful of tasks."""

import pytest

from redraft.agent.errors import UserError
from redraft.evals.report.costs import failures
from redraft.evals.report.findings import LEADING, MOST, find
from redraft.evals.statistics import permutation_p
from redraft.tests.evals.report.given import in_file, problem, raced, scored, subject, task

GAINS = [1.0, 2.0, 3.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 3.0]


def test_a_mean_counts_the_tasks_with_a_score_the_failed_and_those_without() -> None:
    base = raced("base", 4.0, 0.0, 8.0, None, failed=("t1",))
    (race,) = find([base]).protocols
    row = race.means["overall"]["base"]
    assert (row.mean, row.tasks, row.failed, row.missing) == (4.0, 3, 1, 1)
    assert race.comparisons == {}


def test_every_other_system_is_held_against_the_first() -> None:
    base, better, same = (
        raced("base", *[5.0] * 10),
        raced("up", *[5 + gain for gain in GAINS]),
        raced("same", *[5.0] * 10),
    )
    (race,) = find([base, better, same]).protocols
    up, none = race.comparisons["overall", "up"], race.comparisons["overall", "same"]
    assert (up.comparison.difference, up.comparison.winner) == (2.0, "up is better")
    assert (none.comparison.difference, none.comparison.winner, none.comparison.p) == (0.0, "noise", 1.0)


def test_p_values_are_adjusted_for_the_systems_as_well_as_for_the_measures() -> None:
    base = raced("base", *[5.0] * 10)
    others = [raced(name, *[5 + gain for gain in GAINS]) for name in ("a", "b", "c")]
    raw = permutation_p(GAINS)
    assert raw == 2 / 2**10
    (alone,) = find([base, others[0]]).protocols
    (race,) = find([base, *others]).protocols
    assert alone.comparisons["overall", "a"].comparison.p == pytest.approx(raw)
    assert [one.comparison.p for one in race.comparisons.values()] == pytest.approx([3 * raw] * 3)


def test_a_system_without_scores_by_a_protocol_leaves_the_others_to_be_compared() -> None:
    base, one, other = subject("base", {}), raced("one", 1.0, 2.0), raced("other", 2.0, 3.0)
    (race,) = find([base, one, other]).protocols
    assert list(race.scored) == ["one", "other"]
    assert race.comparisons["overall", "other"].comparison.difference == 1.0


def test_groups_come_from_whichever_run_knows_the_tasks_and_only_where_there_are_several() -> None:
    known = raced("known", 1.0, 2.0, 3.0, 6.0)
    (race,) = find([known]).protocols
    assert list(race.groups) == ["language"]
    rows = race.groups["language"]["overall"]["known"]
    assert [(row.group, row.mean, row.tasks) for row in rows] == [("all", 3.0, 4), ("en", 2.0, 2), ("zh", 4.0, 2)]
    (asked,) = find([known], by=["topic"]).protocols
    assert [row.group for row in asked.groups["topic"]["overall"]["known"]] == ["all", "trams"]


def test_groups_that_nobody_knows_of_cannot_be_asked_for() -> None:
    with pytest.raises(UserError, match="nothing is known of the topic"):
        find([subject("base", {"race": scored("base", {"overall": [1.0]})}, tasks=0)], by=["topic"])


def test_noise_is_told_of_measures_with_repeats_alone() -> None:
    repeats = [{"t0": {"overall": first}, "t1": {"overall": second}} for first, second in ((1.0, 5.0), (3.0, 7.0))]
    base, once = raced("base", 2.0, 6.0, repeats=repeats), raced("once", 2.0, 6.0, repeats=repeats[:1])
    (race,) = find([base, once]).protocols
    assert list(race.noise) == [("overall", "base")]
    assert race.noise["overall", "base"].repeats == pytest.approx(2**0.5)


def test_a_number_of_the_whole_is_told_unless_it_is_the_mean() -> None:
    whole = {"overall": 1.5, "flip_rate": 0.2, "pooled": None}
    (race,) = find([raced("base", 1.0, 2.0, whole=whole)]).protocols
    assert race.whole == {"flip_rate": {"base": 0.2}}


def test_measures_and_protocols_that_are_asked_for_are_all_there_is() -> None:
    base = subject(
        "base",
        {"race": scored("base", {"overall": [1.0], "insight": [2.0]}), "metrics": scored("base", {"words": [9.0]})},
    )
    found = find([base], measures=["insight"])
    assert [(protocol.name, protocol.measures) for protocol in found.protocols] == [("race", ["insight"])]
    assert [protocol.name for protocol in find([base], protocols=["metrics"]).protocols] == ["metrics"]
    with pytest.raises(UserError, match="the measure 'beauty': there are words, overall, insight"):
        find([base], measures=["beauty"])
    with pytest.raises(UserError, match="the protocol 'fact': there are metrics, race"):
        find([base], protocols=["fact"])


def test_of_many_measures_the_leading_ones_are_drawn() -> None:
    many = {f"m{number}": [1.0] for number in range(9)}
    metrics = {name: [1.0] for name in (*LEADING[::-1], "headings")}
    found = find([subject("base", {"a": scored("base", many), "metrics": scored("base", metrics)})])
    assert [protocol.leading for protocol in found.protocols] == [list(many)[:MOST], list(LEADING)]


def test_what_differs_in_the_stamps_is_named_down_to_the_entry() -> None:
    one, other = raced("one", 1.0), raced("other", 1.0, stamp={"judge": {"model": "k"}, "card": "c"})
    (race,) = find([one, other]).protocols
    assert race.differing == ["judge.model", "card"]
    assert find([one, one]).protocols[0].differing == []


def test_what_failed_tasks_took_is_on_the_account_of_those_that_are_done() -> None:
    rows = [
        task(0, tokens=100),
        task(0, repeat=1, tokens=300),
        task(1, state="failed", tokens=200),
        task(2, tokens=None),
    ]
    costs = find([subject("base", {}, rows=rows)]).costs["base"]
    assert (costs.all_tokens, costs.reports, costs.tokens_each) == (600, 3, 200)
    assert (costs.tokens, costs.seconds_each) == ({"t0": 200}, 10)


def test_a_file_tells_its_cost_by_its_metrics() -> None:
    file = in_file("file", {"metrics": scored("file", {"tokens": [10.0, 20.0], "seconds": [1.0, None]})})
    costs = find([file]).costs["file"]
    assert (costs.tokens_each, costs.seconds_each) == (15, 1)


def test_failures_are_told_by_reason_with_all_their_tasks() -> None:
    rows = [task(n, repeat=n % 2, state="failed", failure="no evidence" if n < 3 else "cut off") for n in range(4)]
    judged = scored("base", {"overall": [None]}, problems=[problem("t9", "too long"), problem("t9", "too long")])
    found = failures(subject("base", {"race": judged}, rows=rows))
    assert [(f.what, f.why, f.tasks) for f in found] == [
        ("report", "no evidence", ["t0", "t1 (repeat 2)", "t2"]),
        ("report", "cut off", ["t3 (repeat 2)"]),
        ("race", "too long", ["t9"]),
    ]


def test_systems_without_a_task_in_common_are_noise() -> None:
    far = in_file("far", {"race": scored("far", {"overall": [1.0]}, called="x")})
    (race,) = find([raced("one", 1.0, 2.0), far]).protocols
    found = race.comparisons["overall", "far"].comparison
    assert (found.tasks, found.interval, found.winner) == (0, None, "noise")
