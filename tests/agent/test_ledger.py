import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.abbreviations import abbreviations, defined_again, used_before
from redraft.agent.ledger import conflicts, ledger, shown
from redraft.tests.texts import TEXTS

TRAMS = "A tram line in a European city carries up to 9,000 passengers an hour in each direction [e1]."


def defined(text: str) -> dict[str, str]:
    return {one.short: one.long for one in abbreviations({"1": text})}


def conflicting(one: str, other: str) -> list[tuple[str, str]]:
    return [(found.one.said, found.other.said) for found in conflicts(ledger({"1": one, "2": other}))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They use a large language model (LLM) for it.", {"LLM": "large language model"}),
        ("Several large language models (LLMs) exist.", {"LLM": "large language models"}),
        ("The Internet of Things (IoT) grows.", {"IoT": "Internet of Things"}),
        ("Of long-short-term memory (LSTM) little is known.", {"LSTM": "long-short-term memory"}),
        ("Bus rapid transit [e1] (BRT) is cheap.", {"BRT": "Bus rapid transit"}),
        ("In Geneva (CERN) they met.", {}),
        ("It costs much (USD).", {}),
        ("See the figure (A).", {}),
        ("Trams run (e.g. in Lyon).", {}),
        ("检索增强生成（RAG）很常用。", {"RAG": "检索增强生成"}),
        ("大模型（Large Language Model，LLM）很常用。", {"LLM": "Large Language Model"}),
    ],
)
def test_an_abbreviation_is_known_by_the_words_before_its_bracket(text: str, found: dict[str, str]) -> None:
    assert defined(text) == found


def test_what_is_defined_in_a_second_section_is_defined_again() -> None:
    texts = {"1": "Bus rapid transit (BRT) is cheap.", "2": "A bus rapid transit (BRT) line is quick."}

    assert [(one.section, one.short) for one in defined_again(abbreviations(texts))] == [("2", "BRT")]


def test_what_is_defined_once_is_not_defined_again() -> None:
    texts = {"1": "Bus rapid transit (BRT) is cheap.", "2": "BRT is quick."}

    assert defined_again(abbreviations(texts)) == []
    assert used_before(abbreviations(texts), texts) == []


def test_an_abbreviation_that_a_later_section_defines_is_used_before() -> None:
    texts = {"1": "BRTS is not meant.", "2": "BRT is quick.", "3": "Bus rapid transit (BRT) is cheap."}

    assert [(use.section, use.defined.section) for use in used_before(abbreviations(texts), texts)] == [("2", "3")]


def test_a_figure_is_kept_with_its_unit_and_the_words_around_it() -> None:
    (figure,) = ledger({"1": TRAMS}).figures

    assert (figure.section, figure.said, figure.unit) == ("1", "9,000 passengers", "passengers")
    assert figure.around == TRAMS.removesuffix(" [e1].") + "."


@pytest.mark.parametrize(
    ("said", "unit"),
    [("40 million euros", "euros"), ("$40 million", "$"), ("12 %", "%"), ("300 km", "km"), ("9,000", "in")],
)
def test_the_unit_is_the_currency_or_the_word_behind(said: str, unit: str) -> None:
    figures = ledger({"1": f"Building a line took {said} in all."}).figures

    assert [figure.unit for figure in figures] == [unit]


def test_the_same_sentence_with_another_figure_is_a_conflict() -> None:
    other = "In each direction, a tram line in a European city carries up to 12,000 passengers an hour [e2]."

    assert conflicting(TRAMS, other) == [("9,000 passengers", "12,000 passengers")]


@pytest.mark.parametrize(
    "other",
    [
        TRAMS,
        TRAMS.replace("9,000", "9.000"),
        TRAMS.replace("tram line in a European city", "bus lane on an American motorway"),
        TRAMS.replace("9,000 passengers", "9,500 tonnes"),
        TRAMS.replace("9,000 passengers an hour", "12,000 passengers an hour in 2024"),
        TRAMS.replace("9,000", "many"),
        "A tram carries 12,000 passengers.",
    ],
)
def test_what_differs_in_more_than_one_figure_is_no_conflict(other: str) -> None:
    assert conflicting(TRAMS, other) == []


def test_a_section_does_not_conflict_with_itself() -> None:
    assert conflicts(ledger({"1": f"{TRAMS} {TRAMS.replace('9,000', '12,000')}"})) == []


def test_a_conflict_in_chinese_is_found() -> None:
    one, other = (
        "2022年加拿大政府宣布向温哥华的公司投资3000万美元。",
        "2022年加拿大政府宣布向温哥华的公司投资30亿美元。",
    )

    assert conflicting(one, other) == [("3000万美元", "30亿美元")]


def test_a_ledger_shows_the_abbreviations_then_the_figures_nearest_to_the_text() -> None:
    kept = ledger({"1": f"A bus rapid transit (BRT) line costs 8 million euros. {TRAMS}"})

    lines = shown(kept, "What passengers a tram line carries in each direction").splitlines()

    assert lines[0] == "- BRT: bus rapid transit"
    assert [line.split()[3] for line in lines[1:]] == ["A", "A"]
    assert "9,000" in lines[1]
    assert "8 million" in lines[2]


@given(st.dictionaries(st.sampled_from(["1", "2", "3"]), TEXTS), TEXTS, st.integers(0, 300))
def test_what_is_shown_is_never_longer_than_its_limit(texts: dict[str, str], near: str, limit: int) -> None:
    kept = ledger(texts)

    assert len(shown(kept, near, limit=limit)) <= limit
    assert all(conflict.one.section != conflict.other.section for conflict in conflicts(kept))
