from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.changes import MOST, Change, Changes, Edition, Group, compare
from redraft.agent.citations import cited, mark, resolve
from redraft.store.drafts import Exhibit
from redraft.store.models import Claim, Dispute
from redraft.tests.rows import exhibit, source
from redraft.tests.texts import IDS, TEXTS

OLD_EVIDENCE = range(1, 9)
NEW_EVIDENCE = range(9, 13)
DATE = "2026-09-07"


def exhibits(numbers: Sequence[int]) -> list[Exhibit]:
    """Each another passage of another source."""
    return [exhibit(number, f"Passage {number}.") for number in numbers]


def edition(
    *texts: str, numbers: Sequence[int] = OLD_EVIDENCE, claims: Sequence[Claim] = (), disputes: Sequence[Dispute] = ()
) -> Edition:
    return Edition(texts, exhibits(numbers), claims, disputes)


def later(*texts: str, claims: Sequence[Claim] = (), disputes: Sequence[Dispute] = ()) -> Edition:
    """With new evidence: e9 to e12."""
    return edition(*texts, numbers=[*OLD_EVIDENCE, *NEW_EVIDENCE], claims=claims, disputes=disputes)


def changes(old: str | Edition, new: str | Edition) -> Changes:
    before = edition(old) if isinstance(old, str) else old
    after = later(new) if isinstance(new, str) else new
    return compare(before, after, DATE)


def only(*shown: Change) -> Group:
    return Group(shown)


def claim(text: str, verdict: str) -> Claim:
    return Claim(
        version_id=1, number=1, text=text, evidence=cited(text), question="", answer="", verdict=verdict, action="kept"
    )


def dispute(one: str, other: str) -> Dispute:
    return Dispute(run_id="run", number=1, section="1", topic="use", one=one, other=other)


AROUND = (
    "Bus lanes carry up to 4,000 passengers an hour in each direction [e7].",
    "Cycle paths cost about 200,000 euros a kilometre, and they are not cleared of snow [e1, e7].",
)
"""What stands in both reports besides."""


class Told(NamedTuple):
    old: str
    new: str


REWORDED = [
    Told(
        "Thin dielectric ALD coatings (e.g., Al2O3, SiO2) can serve as robust passivation or cladding layers, "
        "suppressing surface states and environmental contamination [e1].",
        "Surface states and contamination from the environment are suppressed by thin dielectric coatings of Al2O3 or "
        "SiO2 made by ALD, which serve as passivation or cladding layers [e1].",
    ),
    Told(
        "Probiotics reinforce intestinal barrier integrity, inhibit pathogen colonization, and compete against harmful "
        "bacterial strains [e1, e3].",
        "Probiotics strengthen the barrier of the intestine, keep pathogens from colonizing it and displace harmful "
        "strains of bacteria [e3, e1].",
    ),
    Told(
        "Combination protocols (BBL plus non-ablative 1927 nm MOXI laser) have achieved significant pigment clearance "
        "in solar lentigines and durable results up to 20 months with excellent tolerability [e1].",
        "BBL combined with the non-ablative 1927 nm MOXI laser has cleared pigment in solar lentigines significantly "
        "[e1]. Results were durable for up to 20 months, and tolerability was excellent [e1].",
    ),
    Told(
        "Trams are fast, and they run on rails through the old town [e1]. "
        "They are not cheap to build, as a kilometre costs 15 million euros [e2].",
        "Trams, which run fast on rails through the old town, are not cheap to build: a kilometre costs 15 "
        "million euros [e1, e2].",
    ),
    Told(
        "2025年全球具身AI市场规模约44.4亿美元，预计2030年达230.6亿美元，年复合增长率高达39%；"
        "中国市场份额约27%，并在规模化商业化和全产业链配套方面占据优势[e1, e4]。",
        "2025年，全球具身AI市场规模约为44.4亿美元，到2030年预计将增至230.6亿美元，年均复合增长率达39%[e1]。"
        "中国约占27%的份额，在规模化商业化和全产业链配套上具有优势[e4]。",
    ),
    Told(
        "广义财政赤字连年扩大，依赖债务融资支撑公共支出，隐性债务风险上升[e6]。",
        "广义财政赤字逐年扩大，公共支出靠债务融资支撑，隐性债务风险随之上升[e6]。",
    ),
    Told(
        "路面電車は1時間に片道で最大9000人の乗客を運び、都市の主要な交通手段である[e1]。",
        "都市の主要な交通手段である路面電車は、片道で1時間に最大9000人の乗客を運ぶことができる[e1]。",
    ),
    Told(
        "노면전차는 시간당 한 방향으로 최대 9000명의 승객을 수송하며 도시의 중요한 교통수단이다[e1].",
        "도시의 중요한 교통수단인 노면전차는 한 방향으로 시간당 최대 9000명의 승객을 수송한다[e1].",
    ),
    Told(
        "Eine Straßenbahn befördert bis zu 9.000 Fahrgäste in der Stunde und Richtung, wie die Stadt erhoben hat [e1].",
        "Wie eine Erhebung der Stadt zeigt, werden je Stunde und Richtung bis zu 9.000 Fahrgäste von einer "
        "Straßenbahn befördert [e1].",
    ),
    Told(
        "La construction d'une ligne de tramway coûte entre 15 et 40 millions d'euros par kilomètre [e1].",
        "Une ligne de tramway coûte, pour sa construction, de 15 à 40 millions d'euros le kilomètre [e1].",
    ),
    Told(
        "Строительство трамвайной линии стоит от 15 до 40 миллионов евро за километр пути [e1].",
        "За километр пути строительство линии трамвая стоит от 15 до 40 миллионов евро [e1].",
    ),
    Told(
        "تنقل عربة الترام ما يصل إلى 9000 راكب في الساعة في كل اتجاه داخل المدينة [e1].",
        "داخل المدينة تنقل عربة الترام في كل اتجاه ما يصل إلى 9000 راكب في الساعة [e1].",
    ),
]


@pytest.mark.parametrize("told", REWORDED)
def test_what_is_only_said_in_other_words_elsewhere_is_no_news(told: Told) -> None:
    made = changes(edition(told.old, *AROUND), later(*AROUND, told.new))

    assert made == Changes(DATE)


CONTRADICTED = [
    Told(
        "A tram line carries up to 9,000 passengers an hour in each direction [e1].",
        "Counted again, a tram line carries at most 6,500 passengers an hour in each direction [e1, e9].",
    ),
    Told(
        "Thin dielectric ALD coatings can serve as robust passivation layers against contamination [e1].",
        "Thin dielectric ALD coatings do not serve as robust passivation layers against contamination [e9].",
    ),
    Told(
        "Eine Straßenbahn befördert bis zu 9.000 Fahrgäste in der Stunde und Richtung [e1].",
        "Eine Straßenbahn befördert nach neuer Zählung 6.500 Fahrgäste in der Stunde und Richtung [e9].",
    ),
    Told(
        "2025年全球具身AI市场规模约44.4亿美元，预计2030年达230.6亿美元[e1]。",
        "2025年全球具身AI市场规模约61.2亿美元，预计2030年达310亿美元[e1, e9]。",
    ),
    Told(
        "路面電車は1時間に最大9000人の乗客を運ぶことができる[e1]。",
        "路面電車は1時間に最大6500人の乗客しか運ぶことができない[e9]。",
    ),
]


@pytest.mark.parametrize("told", CONTRADICTED)
def test_what_new_evidence_denies_or_counts_otherwise_is_contradicted(told: Told) -> None:
    made = changes(edition(told.old, *AROUND), later(*AROUND, told.new))

    assert made.groups == (Group(), Group(), only(Change(*told)), Group())
    assert [row.id for row in made.sources] == [9]


CHANGED = [
    # Another figure, from what the report had.
    Told(
        "A tram line carries up to 9,000 passengers an hour in each direction [e1].",
        "A tram line carries up to 6,500 passengers an hour in each direction [e2].",
    ),
    # Of another year: both may hold.
    Told(
        "In 2024 the trams of the city carried 61 million passengers on all lines [e1].",
        "In 2025 the trams of the city carried 68 million passengers on all lines [e9].",
    ),
    # Another date.
    Told(
        "The new tram line to the harbour opens on 3 May 2026 [e1].",
        "The new tram line to the harbour opens on 7 June 2026 [e9].",
    ),
    # A denial, from what the report had.
    Told(
        "The old tram bridge is open to cyclists all the year [e1].",
        "The old tram bridge is not open to cyclists all the year [e1].",
    ),
    # A figure fewer.
    Told(
        "Trams on the harbour line weigh 40 tons and need rails of grade R260 [e1].",
        "Trams on the harbour line need rails of high grade [e1].",
    ),
    Told("修建公交车道的建设成本约为每公里100万欧元[e1]。", "修建公交车道的建设成本约为每公里150万欧元[e2]。"),
    # Nothing but figures, and all of them others.
    Told(
        "Lines of the city opened in 1994, 1997, 2001, 2003, 2008, 2011 and 2019 [e1].",
        "Lines of the city opened in 1995, 1998, 2002, 2004, 2009, 2012 and 2020 [e2].",
    ),
]


@pytest.mark.parametrize("told", CHANGED)
def test_what_says_another_figure_or_date_or_denies_is_changed(told: Told) -> None:
    made = changes(edition(told.old, *AROUND), later(*AROUND, told.new))

    assert made.groups == (Group(), only(Change(*told)), Group(), Group())


def test_what_no_old_sentence_says_is_added_and_what_no_new_one_says_is_withdrawn() -> None:
    gone, come = "Ferries cross the harbour twice an hour [e3].", "Drones deliver parcels in the suburbs [e9]."

    made = changes(edition(*AROUND, gone), later(come, *AROUND))

    assert made.groups == (only(Change(new=come)), Group(), Group(), only(Change(old=gone)))


def test_two_sentences_that_share_little_are_not_on_one_matter() -> None:
    made = changes("Trams run [e1].", "Trams stop [e9].")

    assert made.groups == (only(Change(new="Trams stop [e9].")), Group(), Group(), only(Change("Trams run [e1].")))


def test_parts_of_a_sentence_from_other_evidence_do_not_say_it() -> None:
    old = "Night trams run on rails through the old town, and their drivers earn more than those of buses [e1]."
    parts = "Rails cross the old town [e5].", "Drivers of buses earn little [e6]."

    made = changes(edition(old, *parts), later(*parts))

    assert made.groups == (Group(), Group(), Group(), only(Change(old)))


def test_what_stands_in_both_reports_is_not_what_another_sentence_was_changed_into() -> None:
    tram = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
    metro = "A metro line carries up to 30,000 passengers an hour in each direction [e2]."

    made = changes(edition(tram, metro), later(metro))

    assert made.groups == (Group(), Group(), Group(), only(Change(tram)))


def test_a_new_sentence_is_what_one_old_sentence_was_changed_into() -> None:
    old = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
    older = "A tram line of old carried up to 5,000 passengers an hour [e2]."
    new = "A tram line carries up to 6,500 passengers an hour in each direction [e9]."

    made = changes(edition(older, old), later(new))

    assert made.groups == (Group(), Group(), only(Change(old, new)), only(Change(older)))


def test_a_sentence_is_changed_into_one_that_was_not_said_before_though_another_be_likelier() -> None:
    tram = "A tram line carries up to 9,000 passengers an hour in each direction [e1]."
    metro = "A metro line carries up to 30,000 passengers an hour in each direction [e2]."
    reworded = "Up to 30,000 passengers an hour are what a metro line carries in each direction [e2]."
    new = "Counts show that a tram line carries 6,500 passengers an hour [e9]."

    made = changes(edition(tram, metro), later(reworded, new))

    assert made.groups == (Group(), Group(), only(Change(tram, new)), Group())


def test_other_words_for_the_same_from_other_evidence_are_no_news() -> None:
    old = "The harbour ferry carries cyclists and commuters across the river on summer mornings [e1]."
    new = "Cyclists and commuters use the ferry over the river in summer before work begins [e2]."

    assert changes(old, new) == Changes(DATE)


def test_one_more_source_for_what_was_said_is_no_news() -> None:
    told = "A tram line carries up to 9,000 passengers an hour in each direction"

    made = changes(f"{told} [e1].", f"{told} [e1, e9].")

    assert made == Changes(DATE, (source(9),))


def test_more_on_an_old_matter_from_new_evidence_is_added() -> None:
    old = "A tram line carries up to 9,000 passengers an hour [e1]."
    new = "A tram line carries up to 9,000 passengers an hour, though strikes have delayed the harbour branch [e1, e9]."

    assert changes(old, new).groups == (only(Change(new=new)), Group(), Group(), Group())


def test_a_passage_that_the_old_run_had_word_for_word_is_no_new_evidence() -> None:
    old, new = "Trams run on rails [e1].", "Drones deliver parcels in the suburbs [e9]."
    mirror = Edition([new], [exhibit(1, "Trams\nrun."), exhibit(9, "Trams run.")])

    made = compare(Edition([old], [exhibit(1, "Trams run.")]), mirror, DATE)

    assert made.sources == ()
    assert made.added == only(Change(new=new))


def test_another_passage_of_an_old_source_is_new_evidence_and_no_new_source() -> None:
    old, new = "Trams carry 9,000 passengers an hour [e1].", "Trams carry 6,500 passengers an hour [e9]."
    reread = Edition([new], [exhibit(1, "One.", of=source(1)), exhibit(9, "Nine.", of=source(1))])

    made = compare(Edition([old], [exhibit(1, "One.", of=source(1))]), reread, DATE)

    assert made.sources == ()
    assert made.contradicted == only(Change(old, new))


def test_a_claim_that_no_longer_holds_is_contradicted_whether_it_stands_was_mended_or_went() -> None:
    stands = "Ferries cross the harbour twice an hour [e3]."
    mended, into = "The old tram bridge carries 900 cyclists a day [e2].", "The old tram bridge carries cyclists [e2]."
    went = "Funiculars climb the castle hill in winter [e4]."
    claims = [claim(text, "contradicted") for text in (stands, mended, went)]

    made = changes(edition(stands, mended, went), later(stands, into, claims=claims))

    assert made.groups == (Group(), Group(), only(Change(mended, into), Change(stands), Change(went)), Group())


def test_what_was_known_not_to_hold_is_no_news() -> None:
    text = "Ferries cross the harbour twice an hour [e3]."
    claims = [claim(text, "contradicted")]

    assert changes(edition(text, claims=claims), later(text, claims=claims)) == Changes(DATE)


def test_a_new_dispute_contradicts_the_sentence_that_is_on_its_old_side() -> None:
    old = "A tram line carries up to 9,000 passengers an hour [e1]."
    other_of_e1 = "A tram line carries passengers in peace and quiet [e1]."
    side = "Counted in Lyon, a tram line carries up to 6,500 passengers an hour [e9]."
    boxed = dispute(side, "By the city's count a tram line carries passengers each hour, 9,000 of them [e1].")

    stands = changes(edition(other_of_e1, old), later(other_of_e1, old, disputes=[boxed]))
    went = changes(edition(other_of_e1, old), later(other_of_e1, disputes=[boxed]))

    assert stands.groups == went.groups == (Group(), Group(), only(Change(old, side)), Group())
    assert [row.id for row in stands.sources] == [9]


def test_a_sentence_that_a_dispute_contradicts_is_not_changed_besides() -> None:
    old = "A tram line carries up to 9,000 passengers an hour [e1]."
    new = "A tram line carries up to 7,000 passengers an hour [e2]."
    side = "Counted in Lyon, a tram line carries up to 6,500 passengers an hour [e9]."
    boxed = dispute("Some say that a tram line carries 8,000 passengers an hour [e1].", side)

    made = changes(edition(old), later(new, disputes=[boxed]))

    assert made.groups == (only(Change(new=new)), Group(), only(Change(old, side)), Group())


def test_a_dispute_that_was_carried_over_and_one_of_old_evidence_alone_are_no_news() -> None:
    text = "A tram line carries up to 9,000 passengers an hour [e1]."
    carried = dispute("A tram line carries 9,000 passengers an hour [e1].", "It carries 6,500 passengers [e2].")
    old = dispute("A tram line carries 9,000 passengers an hour [e1].", "A tram carries 7,500 passengers [e3].")

    assert changes(edition(text, disputes=[carried]), later(text, disputes=[carried, old])) == Changes(DATE)


def test_what_an_old_dispute_said_is_not_added() -> None:
    text = "A tram line carries up to 9,000 passengers an hour [e1]."
    boxed = dispute(text, "Others count 7,500 passengers of a tram line an hour [e3].")

    made = changes(edition(text, disputes=[boxed]), later(text, boxed.other, disputes=[boxed]))

    assert made == Changes(DATE)


def test_what_a_dispute_says_is_not_withdrawn() -> None:
    text = "A tram line carries up to 9,000 passengers an hour [e1]."
    boxed = dispute("A tram line carries up to 9,000 passengers an hour [e1].", "Others count 7,500 passengers [e3].")

    made = changes(edition(text), later("Rails last for decades in the streets [e1].", disputes=[boxed]))

    assert made.withdrawn == Group()


def test_of_many_changes_those_from_new_evidence_come_first_then_those_with_figures_and_the_rest_is_counted() -> None:
    kinds = ["apples", "bridges", "canals", "domes", "engines", "ferries", "gates", "harbours"]
    plain = [f"Nobody ever wrote about {kind} made of {kind[::-1]} [e1]." for kind in kinds]
    figure, new = "Lighthouses need 77 lamps [e2].", "Mirrors turn at night [e9]."

    made = changes(edition(), later(*plain, figure, new))

    assert made.added.shown[:3] == (Change(new=new), Change(new=figure), Change(new=plain[0]))
    assert (len(made.added.shown), made.added.more) == (MOST, len(plain) + 2 - MOST)


def test_a_row_of_a_table_is_not_shown_and_an_item_of_a_list_without_its_mark() -> None:
    table = "| Line | Use |\n| --- | --- |\n| Harbour | 9,000 passengers [e9] |"

    made = changes("Trams run [e1].", f"Trams run [e1].\n\n{table}\n\n- Drones deliver\n  parcels [e10].")

    assert made.added == only(Change(new="Drones deliver parcels [e10]."))


WORDS = ["trams", "buses", "carry", "cost", "rails", "not", "9,000", "6,500", "2026", "harbour", "old", "town", "电车"]
SENTENCES = st.builds(
    lambda words, ids: f"The {' '.join(words)} {mark(sorted(ids))}.",
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=9),
    IDS.filter(bool),
)
BODIES = st.lists(
    st.lists(SENTENCES, max_size=5).map(" ".join) | TEXTS.map(lambda text: resolve(text, range(1, 13)).text), max_size=4
)
DISPUTES = st.lists(st.builds(dispute, SENTENCES, SENTENCES), max_size=2)


@st.composite
def two(draw: st.DrawFn) -> tuple[Edition, Edition]:
    """Two reports on one matter, with verdicts and disputes of any kind."""
    old, new = draw(BODIES), draw(BODIES)
    kept = draw(st.lists(st.sampled_from([*old, ""]), max_size=3))
    claims = [
        claim(text, "contradicted") for text in draw(st.lists(SENTENCES | st.sampled_from([*old, ""]), max_size=2))
    ]
    before = Edition(old, exhibits(OLD_EVIDENCE), [], draw(DISPUTES))
    return before, Edition([*new, *kept], exhibits(range(1, 13)), claims, draw(DISPUTES))


def lines(edition: Edition) -> str:
    sides = [side for row in edition.disputes for side in (row.one, row.other)]
    return " ".join(" ".join([*edition.texts, *sides]).split())


@given(two())
def test_every_sentence_shown_stands_in_one_of_the_reports_and_in_one_place(pair: tuple[Edition, Edition]) -> None:
    old, new = pair
    made = compare(old, new, DATE)

    olds = [change.old for group in made.groups for change in group.shown if change.old]
    news = [change.new for group in made.groups for change in group.shown if change.new]
    assert all(text in lines(old) for text in olds)
    assert all(text in lines(new) for text in news)
    assert len(set(olds)) == len(olds)
    assert len(set(news)) == len(news)
    assert not any("\n" in text or not cited(text) for text in made.texts)


@given(two())
def test_nothing_is_cited_that_neither_report_cites(pair: tuple[Edition, Edition]) -> None:
    made = compare(*pair, DATE)

    numbers = {number for edition in pair for number in cited(lines(edition))}
    assert {number for text in made.texts for number in cited(text)} <= numbers
    assert {row.id for row in made.sources} <= numbers & {*NEW_EVIDENCE}


@given(two(), st.randoms(use_true_random=False))
def test_a_report_whose_sections_were_only_moved_has_no_news(pair: tuple[Edition, Edition], chance: object) -> None:
    old = pair[0]
    moved = list(old.texts)
    chance.shuffle(moved)  # type: ignore[attr-defined]

    made = compare(old, old._replace(texts=moved), DATE)

    assert made == Changes(DATE)
