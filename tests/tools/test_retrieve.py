from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tools.retrieve import distinct, fill, fuse, near, search_words, spread, terms

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How do Trams carry people, and trams carry MORE?", ["trams", "carry", "people"]),
        ("What is the cost of it?", ["cost"]),
        ("Wie viel kostet die Straßenbahn?", ["viel", "kostet", "straßenbahn"]),
        ("HTTP/2 in C and R: x=10", ["http", "10"]),
        ("電 tram x", ["電", "tram"]),
        ("東京都のTram、東京のバス", ["東京", "京都", "都の", "tram", "京の", "のバ", "バス"]),
        ("What is it? How?", []),
        ("", []),
    ],
)
def test_the_words_worth_searching_for_stand_in_order_and_once(text: str, words: list[str]) -> None:
    assert search_words(text) == words


@given(st.text())
def test_a_word_to_search_for_is_never_repeated_and_never_more_than_a_word(text: str) -> None:
    words = search_words(text)

    assert len(set(words)) == len(words)
    assert all(search_words(word) == [word] for word in words)


def test_what_several_rankings_place_well_comes_first() -> None:
    assert fuse([["a", "b", "c"], ["b", "c", "d"], ["b"]]) == ["b", "c", "a", "d"]


def test_of_equals_the_one_met_first_comes_first() -> None:
    assert fuse([["b", "a"], ["a", "b"], []]) == ["b", "a"]
    assert fuse([["c"], ["a"], ["b"]]) == ["c", "a", "b"]


@pytest.mark.parametrize(("place", "best"), [(61, "twice"), (63, "once")])
def test_two_middling_places_outweigh_one_first_place(place: int, best: str) -> None:
    one, other = ([f"{name}{n}" for n in range(1, place)] for name in "ab")

    fused = fuse([[*one, "twice"], [*other, "twice"], ["once"]])

    assert next(item for item in fused if item in ("twice", "once")) == best


@given(RANKINGS)
def test_fusing_keeps_every_item_once(rankings: list[list[int]]) -> None:
    fused = fuse(rankings)

    assert Counter(fused) == Counter(set().union(*rankings))


@given(st.lists(st.integers(), unique=True), st.integers(1, 4))
def test_rankings_that_agree_are_never_reordered(ranking: list[int], times: int) -> None:
    assert fuse([ranking] * times) == ranking


@given(st.lists(st.permutations("abc").map(lambda order: order[:2]) | st.permutations("abc"), min_size=1, max_size=4))
def test_an_item_that_every_ranking_puts_before_another_is_never_fused_behind_it(rankings: list[list[str]]) -> None:
    fused = fuse(rankings)

    for one, other in permutations(fused, 2):
        if all(one in ranking and other not in ranking[: ranking.index(one)] for ranking in rankings):
            assert fused.index(one) < fused.index(other)


def test_no_group_has_more_than_its_share_while_others_have_something_to_say() -> None:
    group = {item: item[0] for item in ("a1", "a2", "a3", "b1", "b2", "c1")}

    chosen = spread(["a1", "a2", "a3", "b1", "b2", "c1"], group, limit=4, per_group=1)

    assert chosen == ["a1", "b1", "c1", "a2"]


@given(
    st.lists(st.integers(0, 30), unique=True),
    st.dictionaries(st.integers(0, 30), st.integers(0, 3)),
    st.integers(0, 12),
    st.integers(1, 4),
)
def test_as_many_are_spread_as_there_are_and_no_group_crowds_out_another(
    ranking: list[int], groups: dict[int, int], limit: int, per_group: int
) -> None:
    group = {item: groups.get(item, item % 3) for item in ranking}

    chosen = spread(ranking, group, limit=limit, per_group=per_group)

    assert len(chosen) == min(limit, len(ranking))
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(ranking)
    left_out = set(ranking) - set(chosen)
    count = Counter(group[item] for item in chosen)
    crowded = [g for g in count if count[g] > per_group]
    assert not crowded or all(count[group[item]] >= per_group for item in left_out)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("The Validation validates.", {"valida"}),
        ("Trams run on rails", {"trams", "run", "rails"}),
        ("It is so, and they were.", set()),
        ("路面電車", {"路面", "面電", "電車"}),
        ("車", {"車"}),
        ("東京のtram 3", {"東京", "京の", "tram"}),
    ],
)
def test_a_text_is_about_its_stems_and_its_pairs_of_characters(text: str, about: set[str]) -> None:
    assert terms(text) == about


@given(st.text(), st.text())
def test_a_text_is_always_about_all_that_its_sentences_are_about(one: str, other: str) -> None:
    assert terms(f"{one}\n{other}") == terms(one) | terms(other)


def test_the_passage_that_a_snippet_was_taken_from_comes_first() -> None:
    passages = [
        "Buses change their route when a street is closed.",
        "A tram line carries up to 9,000 passengers an hour. Trams run on rails in the street.",
        "A tram line carries up to 9,000 passengers an hour.",
        "A tram line is built in years. It carries people, and the rails last for thirty of them.",
    ]

    assert near("… tram line carries up to 9,000 passengers an hour …", passages) == [2, 1]


@pytest.mark.parametrize("snippet", ["", "and of the", "Ships sail."])
def test_a_snippet_that_no_passage_overlaps_with_leads_nowhere(snippet: str) -> None:
    assert near(snippet, ["Trams run on rails.", ""]) == []


def test_of_equal_passages_the_earlier_one_is_nearer() -> None:
    assert near("trams run", ["Trams run.", "Buses run.", "Trams run."]) == [0, 2, 1]


@given(st.lists(st.text(max_size=20) | st.sampled_from(["trams run", "buses run", "rails"]), max_size=6), st.data())
def test_a_passage_is_always_near_to_itself_and_none_is_named_twice(passages: list[str], data: st.DataObject) -> None:
    snippet = data.draw(st.sampled_from([*passages, "trams"]))

    ranking = near(snippet, passages)

    assert len(set(ranking)) == len(ranking)
    assert all(at in ranking for at, passage in enumerate(passages) if passage == snippet and terms(snippet))
    assert all(terms(snippet) & terms(passages[at]) for at in ranking)


ARTICLE = "A tram line carries up to 9,000 passengers an hour in each direction, says the city of Bergen."


def test_a_text_that_several_sites_carry_is_kept_once_where_it_ranks_best() -> None:
    text = {
        "a": ARTICLE,
        "b": "Building a tram line costs between 15 and 40 million euros a kilometre, says the city.",
        "c": f"Agency report. {ARTICLE}",
        "d": ARTICLE.upper(),
    }

    assert distinct(["a", "b", "c", "d"], text) == ["a", "b"]
    assert distinct(["c", "d", "b", "a"], text) == ["c", "b"]


@given(st.lists(st.sampled_from([ARTICLE, ARTICLE[:60], "Trams run.", "Trams run fast.", "Buses.", "of the", ""])))
def test_what_is_left_out_as_a_repetition_never_stands_alone(texts: list[str]) -> None:
    places = list(range(len(texts)))

    kept = distinct(places, dict(enumerate(texts)))

    assert kept == sorted(kept)
    assert kept[:1] == places[:1]
    assert distinct(kept, dict(enumerate(texts))) == kept
    assert all(any(terms(texts[left]) & terms(texts[at]) for at in kept) for left in set(places) - set(kept))


def test_what_does_not_fit_is_passed_over_for_what_does() -> None:
    cost = {"a": 5, "b": 9, "c": 4, "d": 2, "e": 1}

    assert fill("abcde", cost.__getitem__, 10) == ["a", "c", "e"]


def test_the_best_is_taken_however_little_fits() -> None:
    assert fill(["large", "small"], len, 4) == ["large"]
    assert fill([], len, 4) == []


@given(st.lists(st.integers(0, 50), unique=True), st.integers(-5, 200))
def test_what_is_taken_never_costs_more_than_there_is_but_for_the_first(ranking: list[int], budget: int) -> None:
    taken = fill(ranking, abs, budget)

    assert len(taken) <= 1 or sum(taken) <= budget
    assert taken[:1] == ranking[:1]
    assert [item for item in ranking if item in set(taken)] == taken
    assert all(sum(taken) + item > budget for item in ranking if item not in set(taken))
