"""What single metrics say, on articles of a few lines."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent import run
from redraft.agent.settings import Settings
from redraft.evals.metrics import (
    citations,
    cost,
    form,
    history,
    length,
    outline,
    readability,
    recall,
    references,
    repetition,
    sources,
    support,
)
from redraft.evals.metrics.document import Document, parse
from redraft.evals.metrics.given import Cost, Trace, Work
from redraft.store import drafts
from redraft.store.database import Database
from redraft.store.models import Round, Run, Section, Version
from redraft.tests import rows

Check = Callable[[Document], float | None]

CLAIM = "The tram line of the old town was opened in 1904 by the king himself"
PLAIN = "The trams of the old town run on rails and hardly ever on the road"


def cosines(texts: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Equal texts lie close, others at right angles."""
    names = sorted(set(texts) | {"trams", "buses", "history", "costs", "outlook"})
    return np.eye(len(names), dtype=np.float32)[[names.index(text) for text in texts]]


def held(sentence: str, passage: str) -> list[support.Held]:
    document = parse(f"{sentence} [1].\n\n## References\n\n[1] A. https://a.org/\n")
    return support.hold(document, {"https://a.org": [passage]})


def test_coverage_counts_claims_and_the_hard_ones_apart() -> None:
    document = parse(f"{CLAIM} [1]. {PLAIN}. It is so.\n\n## Other\n\n{PLAIN}.\n")

    assert citations.citation_coverage(document) == pytest.approx(1 / 3)
    assert citations.hard_citation_coverage(document) == 1
    assert citations.section_citation_coverage(document) == 0.5


def test_dangling_and_unused_references_and_faults_of_numbering_are_told() -> None:
    listing = "[1] A. https://a.org/\n[2] B. https://b.org/\n[2] C. https://c.org/\n[5] D. https://a.org\n"
    document = parse(f"One [1, 7]. Two [2].\n\n## References\n\n{listing}")

    assert citations.dangling_citations(document) == pytest.approx(1 / 3)
    assert citations.unused_references(document) == pytest.approx(1 / 3)
    assert citations.numbering_faults(document) == 1 + 2
    assert citations.duplicate_references(document) == 0.25


def test_the_numbers_of_each_session_are_counted_for_themselves() -> None:
    whole = "One [^1_1][^2_2].\n\n[^1_1]: https://a.org\n[^2_1]: https://b.org\n[^2_2]: https://c.org\n"

    assert citations.numbering_faults(parse(whole)) == 0
    assert citations.numbering_faults(parse(whole.replace("[^2_1]", "[^2_3]"))) == 1


def test_a_source_that_was_never_read_is_fabricated_and_so_is_a_number_without_one() -> None:
    document = parse(
        "One [1]. Two [2]. Three [3].\n\n## References\n\n[1] A. http://www.a.org/\n[2] B. https://b.org/\n"
    )

    assert citations.fabricated_citations(document, {"https://a.org"}) == pytest.approx(2 / 3)
    assert citations.fabricated_citations(parse("One."), {"https://a.org"}) is None


def test_a_sentence_of_its_source_is_supported_wholly() -> None:
    found = held(CLAIM, f"Before. {CLAIM}. After.")

    assert support.lexical_support(found) == 1
    assert support.number_support(found) == 1
    assert support.supported_claims(found) == 1
    assert support.effective_citations(found) == 1


@pytest.mark.parametrize("number", ["1905", "1914", "2904"])
def test_another_number_is_not_supported(number: str) -> None:
    found = held(CLAIM.replace("1904", number), f"Before. {CLAIM}. After.")

    assert support.number_support(found) == 0
    assert support.supported_claims(found) == 0
    assert support.effective_citations(found) == 0


def test_dates_and_quotations_are_held_against_the_source() -> None:
    said = "On 3 May 1904 the king called it “the finest line in the whole country” and went home"

    assert support.date_support(held(said, said)) == support.quote_support(held(said, said)) == 1
    assert support.date_support(held(said, said.replace("3 May", "4 May"))) == 0
    assert support.quote_support(held(said, said.replace("finest", "worst"))) == 0


def test_across_languages_only_numbers_and_dates_are_compared() -> None:
    found = held(CLAIM, "老城区的有轨电车线路由国王本人于1904年开通，运行至今。")

    assert support.number_support(found) == 1
    assert support.lexical_support(found) is None
    assert support.supported_claims(found) is None


def test_chinese_is_held_against_chinese() -> None:
    claim = "老城区的有轨电车线路由国王本人于1904年开通，每天运送旅客一万二千五百人"

    assert support.lexical_support(held(claim, f"{claim}。")) == 1
    assert (support.lexical_support(held(claim, "今天的天气很好，我们去公园散步吧，花都开了。")) or 0) < 0.2


def test_a_claim_without_a_stored_source_is_not_held() -> None:
    assert support.hold(parse(f"{CLAIM} [1]."), {"https://a.org": ["x"]}) == []


@given(st.sets(st.text(min_size=1)), st.sets(st.text(min_size=1)), st.lists(st.text()))
def test_recall_never_leaves_its_range_and_is_whole_for_what_holds_all(
    said: set[str], window: set[str], texts: list[str]
) -> None:
    weight = support.rarity(texts)

    assert 0 <= support.recall(said, window, weight) <= 1
    assert support.recall(said, said | window, weight) == pytest.approx(1)


@pytest.mark.parametrize(
    ("entry", "work"),
    [
        ("Anything. https://arxiv.org/pdf/2405.01234v2", Work("Other", arxiv="2405.01234")),
        ("Anything. https://doi.org/10.1000/ABC", Work("Other", doi="10.1000/abc")),
        ("Anything. http://www.a.org/b/", Work("Other", url="https://a.org/b")),
        ("Anything. http://127.0.0.1:8899/docs/b.html#top", Work("", url="/docs/b.html")),
        ("U-Net. Journal of Much Longer Names, 2015-05-18. https://z.org/u", Work("U-Net")),
        ("Deep Learning: a Survey of Image Registration", Work("Deep learning - a survey of image registration.")),
    ],
)
def test_a_work_is_known_by_its_id_its_address_or_its_title(entry: str, work: Work) -> None:
    document = parse(
        f"So it is [1]. And so [2].\n\n## References\n\n[1] {entry}\n[2] Something else entirely. https://z.org\n"
    )

    gold = [work, Work("A paper that nobody has cited yet")]
    assert references.reference_precision(document, gold) == 0.5
    assert references.reference_recall(document, gold) == 0.5
    assert references.reference_f1(document, gold) == 0.5


def test_titles_that_say_little_must_be_equal() -> None:
    cited = parse("So [1].\n\n## References\n\n[1] Methods. https://z.org\n")

    assert references.reference_recall(cited, [Work("Methods")]) == 1
    assert references.reference_recall(cited, [Work("Method")]) == 0


def test_a_point_is_recalled_by_its_words_and_its_numbers() -> None:
    document = parse(f"# Trams\n\n{CLAIM}. It runs still.\n")

    assert recall.nugget_recall(document, ["The tram line was opened in 1904"]) == 1
    assert recall.nugget_recall(document, ["The tram line was opened in 1905"]) == 0
    assert recall.key_point_recall(document, ["Banks lend money", "The old town has a tram line"]) == 0.5
    assert recall.vital_nugget_recall(document, []) is None


def test_sources_are_counted_by_page_and_by_domain() -> None:
    listing = "[1] A https://news.bbc.co.uk/1\n[2] B https://www.bbc.co.uk/2\n[3] C https://b.org/?utm_source=x\n[4] D http://b.org\n"
    document = parse(f"So [1].\n\n## References\n\n{listing}[5] E http://localhost:80/a\n")

    assert sources.distinct_sources(document) == 4
    assert sources.domains(document) == 3
    assert sources.source_diversity(document) == pytest.approx(1 - (4 + 1 + 1) / 16)
    assert sources.top_domain_share(document) == 0.5


def test_heading_soft_recall_is_whole_for_the_gold_headings_and_nothing_for_others() -> None:
    gold = ["trams", "buses"]

    assert outline.heading_soft_recall(gold, gold, cosines) == pytest.approx(1)
    assert outline.heading_soft_recall(["buses", "costs", "trams"], gold, cosines) == pytest.approx(1)
    assert outline.heading_soft_recall(["buses", "costs"], gold, cosines) == pytest.approx(0.5)
    assert outline.heading_soft_recall(["costs"], gold, cosines) == pytest.approx(0)
    assert outline.heading_soft_recall([], gold, cosines) == 0


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_gini_is_0_of_equals_and_never_leaves_its_range(numbers: list[int]) -> None:
    value = outline.gini(numbers)

    assert value is None or 0 <= value < 1
    assert value is None or outline.gini([*numbers, *numbers]) == pytest.approx(value)
    assert outline.gini([7] * (len(numbers) + 1)) == pytest.approx(0)


def test_the_outline_is_counted() -> None:
    document = parse("# A\n\n## B\n\nText of B.\n\n## b\n\n## C\n\n### D\n\nText of D, longer.\n")

    assert outline.headings(document) == 5
    assert outline.outline_depth(document) == 3
    assert outline.duplicate_headings(document) == 0.2
    assert outline.empty_sections(document) == 0.2


def test_words_are_those_of_the_text_alone() -> None:
    document = parse("# A title\n\nTrams run on rails [1].\n\n- They last.\n\n## Sources\n\n[1] Rails. https://a.org\n")

    assert length.words(document) == 6
    assert length.length_score(document, 6) == 100
    assert length.length_score(document, 3) == pytest.approx(100 * (1 - 1 / 3))
    assert length.length_score(parse("我们都在这里坐电车。"), 9) == pytest.approx(100, abs=8)


def test_what_is_said_twice_is_duplication() -> None:
    once, twice = parse(f"{CLAIM}."), parse(f"{CLAIM}.\n\n## Again\n\n{CLAIM}.")

    assert (repetition.duplication(once), repetition.near_repeats(once)) == (0, 0)
    assert repetition.duplication(twice) == repetition.near_repeats(twice) == 0.5
    assert repetition.alike_pairs(twice) == 1
    assert repetition.near_repeats(parse(f"{CLAIM}. {CLAIM.replace('1904', '1905')}.")) == 0


def test_readability_tells_short_words_from_long_ones_and_english_from_others() -> None:
    easy = parse("The cat sat on the mat. It was a big cat and it was on the mat for an hour.")
    hard = parse("The administration of the municipal transportation in the metropolis necessitates determination.")

    assert (readability.flesch_kincaid(easy) or 0) < 3
    assert (readability.flesch_kincaid(hard) or 0) > 15
    assert readability.flesch_kincaid(parse("我们都在这里坐电车，天气很好。")) is None
    assert readability.bullet_share(parse("One two.\n\n- three four\n- five six\n")) == pytest.approx(2 / 3)
    assert readability.table_share(parse("One two.\n\n| a | b |\n|---|---|\n| three | four |\n")) == 0.5


@pytest.mark.parametrize(("word", "count"), [("tram", 1), ("table", 2), ("make", 1), ("free", 1), ("the", 1), ("x", 1)])
def test_syllables_are_groups_of_vowels(word: str, count: int) -> None:
    assert readability.syllables(word) == count


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (form.template_tokens, "Trams run.", "Trams run.<|im_end|>"),
        (form.unclosed_fences, "```\nx\n```\n", "Text.\n\n```\nx\n"),
        (form.uneven_tables, "| a | b |\n|---|---|\n| c \\| d | e |\n", "| a | b |\n|---|---|\n| c |\n"),
        (form.cut_off, "Trams run on rails [1].", "Trams run on"),
        (form.cut_off, "有轨电车在铁轨上运行【1】。", "有轨电车在铁轨"),
        (form.cut_off, "It is so.\n\n- rails\n- roads", "It is so.\n\nTrams run"),
        (form.process_talk, "Let me be clear: trams run.", "Now, let me search for more information about trams:"),
        (form.process_talk, "我们搜索历史很长。", "让我通过搜索获取最新数据。"),
        (form.scaffold_leaks, f"{PLAIN}. {CLAIM}.", f"{PLAIN}. {CLAIM}. [citation needed]"),
    ],
)  # fmt: skip
def test_what_should_never_be_in_a_report_is_found(check: Check, good: str, bad: str) -> None:
    assert check(parse(good)) == 0
    assert check(parse(bad)) == 1


def test_purity_is_the_share_of_words_in_the_language() -> None:
    mixed = parse(f"{PLAIN}. {CLAIM}.\n\n## 二\n\n老城区的有轨电车线路由国王本人开通，运行至今。\n")

    assert form.language_purity(parse(f"{PLAIN}."), "en") == 1
    assert form.language_purity(parse(f"{PLAIN}."), "zh") == 0
    assert 0 < (form.language_purity(mixed) or 0) < 1


def test_a_version_that_loses_a_cited_claim_breaks() -> None:
    first = "Trams run on rails through the town [e1]. Buses run on roads in the country [e2]."
    trace = Trace([[first, f"{first} More [e3].", "Trams run on rails through the town [e1]."], ["Alone [e1]."]], [])

    assert history.break_rates(trace) == [0, pytest.approx(2 / 3)]
    assert history.breaking_versions(trace) == 0.5
    assert history.round_novelty(trace) is None


def test_the_rows_of_a_run_tell_its_history_and_its_cost(database: Database, settings: Settings) -> None:
    row = run.create(database, "Why trams?", settings)
    section = rows.section()
    section.run_id = row.id
    with database.session() as session:
        session.add(section)
        session.flush()
        session.add(Round(run_id=row.id, number=1, wave=1, focus="1", novelty=0.5))
        session.add(Round(run_id=row.id, number=2, wave=1, focus="1"))
        session.get_one(Run, row.id).finished_at = row.created_at + timedelta(seconds=90)
        drafts.add(session, [_version(section, text) for text in ("First [e1].", "Second [e1].")])
        drafts.add(session, [_version(section, "Refused [e1].", accepted=False)])

    assert history.trace(database, row.id) == Trace([["First [e1].", "Second [e1]."]], [0.5])
    assert cost.of_run(database, row.id, watts=10) == Cost(0, 0, 90, 10)


def _version(section: Section, text: str, *, accepted: bool = True) -> Version:
    return drafts.version_of(section, "draft", text, accepted=accepted)


def test_energy_is_watts_times_seconds() -> None:
    assert cost.energy(Cost(seconds=1800, watts=50)) == 25
    assert cost.energy(Cost(seconds=1800)) is None
