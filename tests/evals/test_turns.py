from redraft.evals.turns import Turns, in_turns


def test_both_are_timed_in_turns() -> None:
    now, done = [0.0], list[str]()

    def takes(name: str, seconds: float) -> None:
        done.append(name)
        now[0] += seconds

    turns = in_turns(lambda: takes("one", 6), lambda: takes("other", 2), 3, clock=lambda: now[0])

    assert done == ["one", "other"] * 3
    assert (turns.one, turns.other) == ([6, 6, 6], [2, 2, 2])


def test_a_table_shows_medians_and_between_what_the_ratio_of_each_round_lies() -> None:
    turns = Turns(one=[3, 8, 4], other=[2, 1, 4])

    assert turns.ratios == [1.5, 8, 1]
    assert turns.cells() == ["4.00 s", "2.00 s", "1.50", "1.00 … 8.00"]
