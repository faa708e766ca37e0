import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.asking import Problem
from redraft.agent.citations import cited, resolve, without_marks
from redraft.agent.facts import unfounded
from redraft.agent.guard import (
    SHORTEST,
    SUPPORT,
    Dropped,
    Supported,
    judge,
    not_supported,
    repeats_itself,
    support,
    supported,
)
from redraft.agent.prose import word_count
from redraft.prompts import wording
from redraft.tests.texts import TEXTS
from redraft.tools.sentences import sentence_spans

TRAMS = (
    "A tram line carries up to 9,000 passengers an hour in each direction. Trams run on steel rails in the street and "
    "draw their power from an overhead wire."
)
BUSES = "A bus lane carries up to 4,000 passengers an hour. Buses can change their route when a street is closed."
EVIDENCE = {1: TRAMS, 2: BUSES}
GOOD = (
    "A tram line carries up to 9,000 passengers an hour in each direction [e1]. Trams draw their power from an "
    "overhead wire and run on steel rails [e1]. A bus lane carries up to 4,000 passengers an hour, less than half "
    "[e2]. Buses can change their route when a street is closed, which trams cannot [e2]."
)
INSTRUCTIONS = wording("draft")


def problems(text: str, *, wanted: int = 60, cut_off: bool = False) -> list[Problem]:
    return judge(text, wanted=wanted, evidence=EVIDENCE, instructions=INSTRUCTIONS, cut_off=cut_off)


def test_a_good_text_has_no_problem() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize("text", ["", "[e1]", "Trams run on steel rails [e1].", " ".join(GOOD.split()[:18])])
def test_a_text_of_a_few_words_is_no_section(text: str) -> None:
    assert [problem.fatal for problem in problems(text)] == [True]
    assert "Write about 60 words" in problems(text)[0].text


def test_twenty_words_are_judged_like_any_other_text() -> None:
    text = " ".join(GOOD.split()[:19])

    assert word_count(text) == SHORTEST
    assert problems(text, wanted=20) == []


@pytest.mark.parametrize(
    ("wanted", "cut_off", "said"),
    [
        (30, False, ["The text is too long. End it after about 30 words."]),
        (35, False, ["The text is too long. End it after about 35 words."]),
        (36, False, []),
        (116, False, []),
        (118, False, ["The text has only 58 words. Write about 118 words."]),
        (150, False, ["The text has only 58 words. Write about 150 words."]),
        (60, True, ["The text is too long. End it after about 60 words."]),
        (150, True, ["The text is too long. End it after about 150 words."]),
    ],
)
def test_a_text_far_from_its_length_goes_back_and_may_still_stand(wanted: int, cut_off: bool, said: list[str]) -> None:
    found = problems(GOOD, wanted=wanted, cut_off=cut_off)

    assert found == [Problem(text, fatal=False) for text in said]


def test_a_length_is_told_in_the_unit_of_the_language() -> None:
    text = "路面電車は街路の線路を走る[e1]。" * 4

    def said(text: str, language: str) -> str:
        return judge(text, wanted=400, evidence=EVIDENCE, instructions="", language=language)[0].text

    assert said(text, "ja") == "The text has only 60 characters. Write about 800 characters."
    assert said("電車[e1]。", "ja") == "The text has 4 characters. Write about 800 characters of running text."
    assert said(GOOD, "de").startswith("The text has only 58 words. Write about 400 words.")


@pytest.mark.parametrize(
    ("leaked", "said"),
    [
        ("Here is the revised section:", "Here is the revised section"),
        ("Sure, below you find the updated text.", "Sure, below you find the updated text"),
        ("I've rewritten it.", "I've rewritten"),
        ("<action>They run.</action>", "<action>"),
        ('<div class="note">They run.</div>', '<div class="note">'),
        ("<|im_end|>", "<|im_end|>"),
        ("[citation needed]", "[citation needed]"),
        ("[TODO: find a source]", "[TODO: find a source]"),
        ("{{ section.title }}", "{{ section.title }}"),
        ("{% endif %}", "{% endif %}"),
        ("SOURCE-TEXT 0f1e2d3c>>>", "SOURCE-TEXT"),
        ("Word count: 60", "Word count:"),
    ],
)
def test_what_belongs_to_the_making_of_a_text_is_refused(leaked: str, said: str) -> None:
    found = problems(f"{leaked}\n{GOOD}")

    advice = "is no part of a report. Write the text alone, without tags, and nothing about it."
    assert found == [Problem(f'"{said}" {advice}')]


@pytest.mark.parametrize(
    "text",
    [
        "With a < b and c > d [e1].",
        "The tag `<div>` opens a block [e1].",
        "CO<sub>2</sub> is saved [e1].",
        "Here the trams run in the street, and the text of the law allows it [e1].",
        "In LaTeX $x^{2^{n}}$ is a tower [e1].",
    ],
)
def test_what_only_looks_like_it_stands(text: str) -> None:
    assert problems(f"{GOOD} {text}") == []


def test_a_text_that_repeats_itself_is_refused() -> None:
    found = problems(f"{GOOD} {GOOD}", wanted=110)

    assert found == [Problem("The text repeats itself. Say each thing once.")]


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("", False),
        ("one two three", False),
        ("one two three four " * 2, False),
        ("one two three four " * 3, True),
        ("a b c d e f A B C D E F", True),
        ("a b c d e f g a b c d e f", False),
        (" ".join(map(str, range(100))) * 2, True),
        (" ".join(map(str, range(100))) + " 1 2 3 4 5 6 7 8", False),
    ],
)
def test_only_a_large_share_of_repeated_runs_counts(text: str, repeats: bool) -> None:
    assert repeats_itself(text) is repeats


@given(st.lists(st.integers(0, 10_000), unique=True))
def test_words_that_are_all_different_never_count_as_repetition(numbers: list[int]) -> None:
    assert not repeats_itself(" ".join(map(str, numbers)))


def test_a_text_that_tells_its_instructions_is_refused() -> None:
    leaked = "Use only the evidence above. After each sentence that states a fact, cite the evidence it rests on."

    found = problems(f"{GOOD} {leaked}")

    assert [problem.fatal for problem in found] == [True]
    assert found[0].text.startswith('The text repeats the instructions ("')


@pytest.mark.parametrize(
    ("shared", "leaks"),
    [
        ("After each sentence that states a fact", False),
        ("After each sentence that states a fact, CITE", True),
        ("by others: leave their matter to them", False),
    ],
)
def test_seven_words_in_common_with_the_instructions_are_no_leak_and_eight_are(shared: str, leaks: bool) -> None:
    assert bool(problems(f"{GOOD} {shared}")) is leaks


@pytest.mark.parametrize("lead", ["", "- ", "> "])
def test_a_text_that_lists_its_evidence_is_refused(lead: str) -> None:
    text = f"{lead}[e1] {TRAMS}\n{lead}[e2] {BUSES}"

    found = problems(text)

    assert "lists its evidence" in found[0].text
    assert found[0].fatal


def test_a_text_may_begin_half_of_its_lines_with_an_id() -> None:
    assert problems(f"[e1] {TRAMS}\n\n{GOOD}", wanted=80) == []


def test_a_text_that_cites_nothing_is_refused_and_told_its_ids() -> None:
    found = problems(re.sub(r" \[e\d\]", "", GOOD))

    assert found == [Problem("No sentence cites its evidence. Put the id after each fact: [e1], [e2].")]


@pytest.mark.parametrize(("citing", "enough"), [(1, False), (2, True)])
def test_a_text_of_which_most_cites_nothing_is_refused(citing: int, enough: bool) -> None:
    sentences = [sentence.replace(" [e1]", "").replace(" [e2]", "") for sentence in GOOD.split(". ")]
    text = ". ".join(f"{s.rstrip('.')} [e1]" if n < citing else s for n, s in enumerate(sentences))

    said = "Only 1 of 4 sentences cite evidence. Cite an id after each fact."
    assert problems(text) == ([] if enough else [Problem(said)])


def test_support_is_the_share_of_terms_that_the_evidence_holds() -> None:
    assert support("Trams run on steel rails [e1].", [TRAMS]) == 1.0
    assert support("Trams with rails, elephants and giraffes.", [TRAMS]) == 0.5
    assert support("Elephants paint.", [TRAMS]) == 0.0
    assert support("Elephants change their route.", [TRAMS, BUSES]) == pytest.approx(2 / 3)
    assert support("It is so [e1].", [TRAMS]) == 1.0


def test_a_sentence_counts_by_the_stems_of_its_words() -> None:
    assert support("The directions of passenger streets.", ["A direction, passengers and a street."]) == 1.0


def test_a_sentence_that_its_evidence_does_not_carry_is_taken_out() -> None:
    lies = [f"Elephants paint {what} portraits after dinner [e1]." for what in ("small", "large", "dark")]
    free = "Nobody knows why giraffes prefer yellow umbrellas."

    left = supported(f"Trams run on steel rails [e1]. {lies[0]} {free} {lies[1]} {lies[2]}", EVIDENCE)

    assert left == Supported(f"Trams run on steel rails [e1]. {free}", [Dropped(lie, []) for lie in lies])


def test_a_sentence_of_which_two_terms_in_five_are_in_its_evidence_stays() -> None:
    text = "Trams, rails, elephants, giraffes, umbrellas [e1]."

    assert support(text, [TRAMS]) == SUPPORT
    assert supported(text, EVIDENCE) == Supported(text, [])


LIE = "Elephants paint remarkable portraits [e1]."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{LIE} Trams run [e1].\n\n{LIE} Buses change [e2].", "Trams run [e1].\n\nBuses change [e2]."),
        (f"Trams run [e1].\n\n{LIE}\n\nBuses change [e2].", "Trams run [e1].\n\nBuses change [e2]."),
        (f"- Trams run [e1].\n- {LIE}\n- Buses change [e2].", "- Trams run [e1].\n- Buses change [e2]."),
        (f"- Trams run [e1].\n- {LIE} Buses change [e2].", "- Trams run [e1].\n- Buses change [e2]."),
        (f"1. {LIE}\n2. Buses change [e2]. {LIE}\n3. End.", "2. Buses change [e2].\n3. End."),
        (f"- Trams:\n    - {LIE}\n    - They run [e1].", "- Trams:\n    - They run [e1]."),
        (f"Trams run [e1].\n{LIE}\nBuses change [e2].", "Trams run [e1].\nBuses change [e2]."),
        (f"> {LIE}\n\nTrams run [e1].", "Trams run [e1]."),
        (f"Trams run [e1]. {LIE}", "Trams run [e1]."),
        (LIE, ""),
    ],
)
def test_what_is_left_keeps_its_paragraphs_and_lists_and_no_empty_item(text: str, left: str) -> None:
    assert supported(text, EVIDENCE).text == left


def test_a_sentence_is_held_against_all_that_it_cites() -> None:
    text = "Trams run on rails and buses change their route [e1, e2]."

    assert supported(text, EVIDENCE) == Supported(text, [])


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("Die Straßenbahn ist ein Verkehrsmittel und fährt auf der Straße [e1].", TRAMS),
        ("路面電車は街路の線路を走る[e1]。", TRAMS),
        ("路面電車は街路の線路を走る[e1]。", "Capacity: 9,000"),
        ("The trams of the city are fast and run in the street [e1].", "路面電車は街路の線路を走る。"),
    ],
)
def test_a_sentence_in_another_language_than_its_evidence_stays(text: str, passage: str) -> None:
    assert supported(text, {1: passage}) == Supported(text, [])


def test_a_sentence_in_the_script_of_its_evidence_is_held_against_it() -> None:
    text = "路面電車は街路の線路を走る[e1]。象は夜に肖像画を描くのが好きだ[e1]。"

    left = supported(text, {1: "路面電車は街路の線路を走る。"})

    assert left == Supported("路面電車は街路の線路を走る[e1]。", [Dropped("象は夜に肖像画を描くのが好きだ[e1]。", [])])


PIECES = [
    LIE,
    "Trams run [e1].",
    "Buses change [e2, e1].",
    "So it is.",
    *(" ", "\n", "\n\n", "- ", "    - ", "1. ", "> "),
]
DRAFTS = TEXTS | st.lists(st.sampled_from(PIECES) | TEXTS.filter(str.isascii), max_size=12).map("".join)


@given(DRAFTS)
def test_words_go_only_with_the_sentences_that_are_named(text: str) -> None:
    draft = resolve(text, EVIDENCE).text

    left, dropped = supported(draft, EVIDENCE)

    assert letters(left) + letters("".join(sentence for sentence, _ in dropped)) == letters(draft)
    for sentence, missing in dropped:
        passages = [EVIDENCE[number] for number in cited(sentence)]
        assert missing or support(sentence, passages) < SUPPORT


def letters(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W\d_]", text))


WRONG = "the number 5,000 is in none of the cited passages"


@pytest.mark.parametrize("mark", ["[e1]", "[e2]", "[e1, e2]"])
def test_a_sentence_with_a_number_that_its_evidence_does_not_hold_is_taken_out(mark: str) -> None:
    wrong = f"A bus lane carries up to 5,000 passengers an hour in each direction {mark}."

    assert supported(f"{GOOD} {wrong}", EVIDENCE) == Supported(GOOD, [Dropped(wrong, [WRONG])])


def test_a_number_has_to_stand_in_the_evidence_that_is_cited_for_it() -> None:
    text = "A tram line carries up to 4,000 passengers an hour in each direction [e1]."

    assert supported(text, EVIDENCE).text == ""
    assert supported(text.replace("[e1]", "[e1, e2]"), EVIDENCE).dropped == []


def test_a_number_may_stand_in_the_title_of_its_source() -> None:
    text = "Trams of 1912 draw their power from an overhead wire [e1]."

    assert supported(text, EVIDENCE).text == ""
    assert supported(text, EVIDENCE, {2: "Trams of 1912"}).text == ""
    assert supported(text, EVIDENCE, {1: "Trams of 1912"}).text == text


def test_a_translated_sentence_keeps_its_numbers_and_need_not_keep_a_quotation() -> None:
    text = "Eine Straßenbahn ist „auf stählernen Schienen unterwegs“ und befördert bis zu {} Menschen [e1]."

    assert supported(text.format("9.000"), EVIDENCE).dropped == []
    assert supported(text.format("5,000"), EVIDENCE).dropped == [Dropped(text.format("5,000"), [WRONG])]


@given(st.integers(13).filter(lambda number: number not in (9000, 4000)), st.integers(0, 3))
def test_a_number_without_evidence_never_stands(number: int, place: int) -> None:
    sentences = GOOD.split(" [e")
    sentences[place] += f" and {number} more"

    left, dropped = supported(" [e".join(sentences), EVIDENCE)

    assert str(number) not in left
    assert len(dropped) == 1


@given(DRAFTS)
def test_what_stands_is_never_unfounded(text: str) -> None:
    left = supported(resolve(text, EVIDENCE).text, EVIDENCE).text

    for span in sentence_spans(left):
        sentence = left[span.start : span.end]
        assert unfounded(without_marks(sentence), [EVIDENCE[number] for number in cited(sentence)] or [sentence]) == []


def test_the_model_is_told_which_sentence_its_evidence_does_not_carry() -> None:
    said = '[e1] and [e2] does not say this: "Elephants paint.". Say only what it says, or leave it out.'

    assert not_supported(Dropped("Elephants paint [e1, e2].", [])) == Problem(said, fatal=False)
    assert f'"{"x" * 120}"' in not_supported(Dropped("x" * 200, [])).text


def test_the_model_is_told_what_its_evidence_does_not_hold() -> None:
    reasons = [f"the number {number} is in none of the cited passages" for number in (5, 6, 7, 8)]

    said = not_supported(Dropped("Elephants paint 5, 6, 7 or 8 portraits [e1].", reasons)).text

    assert f'8 portraits.": {reasons[0]}; {reasons[1]}; {reasons[2]}. Say only' in said
