"""The program and the web: processes that search, fetch and research a small site on loopback."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from redraft.tests.programs import FAITHFUL, SITE, Program, Shell, shell
from redraft.tests.site import ARTICLES, INJECTED_FACT, ORDER
from redraft.tools.suspicion import LEFT_OUT

pytestmark = pytest.mark.enable_socket  # loopback only
QUESTION = "How many passengers do trams, buses and cycle paths carry in cities, and what does building each cost?"
SECRET = "BSA-not-for-other-eyes"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    site = Program(SITE, tmp_path_factory.mktemp("site"), "0.1")
    yield site
    site.stop()


@pytest.fixture(scope="module")
def research(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[str]]:
    """The arguments that research the question with a good writer."""
    model = Program(FAITHFUL, tmp_path_factory.mktemp("model"))
    yield ["research", QUESTION, "--preset", "quick", "--sections", "2", "--pages", "10", "--llm-url", model.url]
    model.stop()


@pytest.fixture
def redraft(home: Path, site: Program) -> Shell:
    return shell(home, site)


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, site: Program, research: Sequence[str]
) -> tuple[Shell, subprocess.CompletedProcess[str]]:
    """A run that had the web alone, from beginning to end."""
    there = shell(tmp_path_factory.mktemp("home"), site)
    return there, there(*research)


FAULTS = {
    "private/plan": "robots",
    "fault/inward": "private_address",
    "fault/big": "too_big",
    "fault/script": "javascript",
    "fault/reset": "unreachable",
    "fault/error": "server_error",
    "fault/missing": "not_found",
    "fault/slow": "timeout",
}


@pytest.fixture(scope="module", autouse=True)
def attempts(tmp_path_factory: pytest.TempPathFactory, site: Program) -> Iterator[dict[str, "subprocess.Popen[str]"]]:
    """Begun before all else and looked at in the end, as one of them takes ten seconds."""
    homes = tmp_path_factory.mktemp("homes")
    begun = {
        path: shell(homes / path.replace("/", "-"), site).start("fetch", f"{site.url}/{path}", "--json")
        for path in FAULTS
    }
    yield begun
    for process in begun.values():
        with process:
            process.kill()


def assert_is_whole(report: str, site: Program) -> None:
    """It has all its parts, and cites articles of the site and nothing else."""
    assert re.findall(r"^## .+", report, re.MULTILINE)[::3] == ["## Summary", "## References"]
    cited = re.findall(r"^\[\d+\] .+ (\S+)$", report.partition("## References")[2], re.MULTILINE)
    assert len(cited) > 4
    assert {url.removeprefix(site.url) for url in cited} <= ARTICLES.keys()


def pages_of(asked: Sequence[str]) -> list[str]:
    """The paths of the pages among what was asked for."""
    paths = [line.removeprefix("GET ") for line in asked]
    return [path for path in paths if path != "/robots.txt" and not path.startswith("/search")]


def searches_of(asked: Sequence[str]) -> list[str]:
    """The words of the searches among what was asked for."""
    return [parse_qs(urlsplit(line).query)["q"][0] for line in asked if line.startswith("GET /search")]


def waits_until(reached: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    while not reached():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_a_search_prints_what_was_found_best_first(redraft: Shell, site: Program) -> None:
    done = redraft("search", "kilowatt-hours of energy that trams need", "--limit", "2")

    assert done.returncode == 0, done.stderr
    assert re.findall(r"^\d+\. .+", done.stdout, re.MULTILINE) == [
        "1. /rails.example/energy",
        "2. /roads.example/battery-buses",
    ]
    assert f"   {site.url}/rails.example/energy  (searxng)\n   A tram needs 4 kilowatt-hours" in done.stdout


def test_results_can_be_read_by_programs(redraft: Shell, site: Program) -> None:
    done = redraft("search", "ferry landing", "--json")

    first = json.loads(done.stdout.splitlines()[0])
    assert first == {
        "url": f"{site.url}/roads.example/ferries",
        "title": "/roads.example/ferries",
        "snippet": "A city ferry carries 300 passengers and needs no road. Building a landing costs 3 million euros, "
        "and its parts last for twenty years.",
        "date": None,
        "author": None,
        "providers": ["searxng"],
    }


def test_an_engine_that_allows_no_json_is_told_how_to(redraft: Shell, site: Program) -> None:
    done = redraft.with_settings(REDRAFT_SEARXNG_URL=f"{site.url}/refusing")("search", "trams")

    assert (done.returncode, done.stdout) == (14, "")
    assert "formats: [html, json]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", "trams", "--provider", "altavista"], "'altavista'"),
        (["search", "trams", "--provider", "brave"], "REDRAFT_BRAVE_API_KEY"),
    ],
)
def test_a_provider_that_cannot_be_asked_is_refused_in_one_line(
    redraft: Shell, arguments: list[str], told: str
) -> None:
    done = redraft(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_page_is_printed_as_text_and_told_of_on_the_side(redraft: Shell, site: Program) -> None:
    done = redraft("fetch", f"{site.url}/rails.example/metro")

    assert done.returncode == 0, done.stderr
    assert "A metro line carries 30,000 passengers an hour" in done.stdout
    assert "<p>" not in done.stdout
    assert "Log in" not in done.stdout
    assert "title: Metros in figures" in done.stderr.splitlines()


def test_all_that_is_known_of_a_page_can_be_read_by_programs(redraft: Shell, site: Program) -> None:
    known = json.loads(redraft("fetch", f"{site.url}/rails.example/light-rail", "--json").stdout)

    assert (known["title"], known["status"], known["reason"]) == ("Light rail in figures", 200, None)
    assert known["text"].count("Building it costs 30 million euros a kilometre") == 1
    assert known["links"] == [
        [f"{site.url}/rails.example/depots", "What tram depots cost, and how long their parts last"]
    ]


def test_this_machine_is_not_read_from_unless_the_user_allows_it(redraft: Shell, site: Program) -> None:
    before = pages_of(site.asked).count("/rails.example/metro")

    done = redraft.with_settings(REDRAFT_ALLOW_HOSTS="")("fetch", f"{site.url}/rails.example/metro")

    assert (done.returncode, done.stdout) == (13, "")
    assert "(private_address)" in done.stderr
    assert pages_of(site.asked).count("/rails.example/metro") == before


def test_a_report_comes_from_the_web_alone_and_names_what_it_could_not_read(
    finished: tuple[Shell, subprocess.CompletedProcess[str]], site: Program
) -> None:
    done = finished[1]

    assert done.returncode == 0, done.stderr
    assert_is_whole(done.stdout, site)
    (limits,) = re.findall(r"^> \*\*Limits of this report\.\*\* .+", done.stdout, re.MULTILINE)
    assert "3 could not be read" in limits
    for reason in ("1 not found", "1 empty without scripts", "1 closed to programs by robots.txt"):
        assert reason in limits


def test_an_order_on_a_page_reaches_neither_the_model_nor_the_report_and_a_fact_beside_it_does(
    finished: tuple[Shell, subprocess.CompletedProcess[str]],
) -> None:
    there, done = finished

    prompts = [text for (text,) in there.rows("SELECT messages FROM call")]
    passages = [text for (text,) in there.rows("SELECT text FROM passage")]
    assert any(ORDER in text and INJECTED_FACT in text for text in passages)
    assert any(INJECTED_FACT in text for text in prompts)
    assert not any("PWNED" in text for text in prompts)
    assert INJECTED_FACT in done.stdout
    assert "PWNED" not in done.stdout
    assert LEFT_OUT not in done.stdout
    assert "Sources with text addressed to software, which was left out: 1." in done.stdout


def test_offline_searches_and_pages_are_played_back_and_nothing_goes_out(
    finished: tuple[Shell, subprocess.CompletedProcess[str]], site: Program
) -> None:
    there, before = finished[0], len(site.asked)

    searched = there("search", QUESTION, "--offline", "--provider", "searxng", "--json")
    fetched = there("fetch", f"{site.url}/roads.example/buses", "--offline")
    unknown = there("fetch", f"{site.url}/rails.example/unheard-of", "--offline")

    assert f"{site.url}/roads.example/buses" in [json.loads(line)["url"] for line in searched.stdout.splitlines()]
    assert (fetched.returncode, "A bus with two joints carries 180 passengers" in fetched.stdout) == (0, True)
    assert (unknown.returncode, unknown.stdout) == (13, "")
    assert "(offline)" in unknown.stderr
    assert len(site.asked) == before


def test_a_whole_report_comes_from_what_is_kept_when_nothing_may_go_out(
    finished: tuple[Shell, subprocess.CompletedProcess[str]], site: Program, research: Sequence[str]
) -> None:
    before = len(site.asked)

    done = finished[0](*research, "--offline")

    assert done.returncode == 0, done.stderr
    assert_is_whole(done.stdout, site)
    assert len(site.asked) == before


def test_a_run_killed_while_it_gathers_is_finished_without_asking_for_anything_it_has(
    redraft: Shell,
    site: Program,
    research: Sequence[str],
    finished: tuple[Shell, subprocess.CompletedProcess[str]],
) -> None:
    before = len(site.asked)
    process = redraft.start(*research)
    waits_until(lambda: len(pages_of(site.asked[before:])) >= 6, process)
    process.kill()
    process.communicate()
    at_kill = len(site.asked)
    pages_had = redraft.rows("SELECT url FROM fetch WHERE failure IS NULL OR failure IN ('not_found', 'javascript')")
    answers_had = redraft.rows("SELECT text FROM search WHERE failure IS NULL")

    done = redraft("resume", *redraft.rows("SELECT id FROM run")[0], *research[-2:])

    assert done.stdout == finished[1].stdout, done.stderr
    again = site.asked[at_kill:]
    assert answers_had
    assert pages_of(again)
    assert not set(pages_of(again)) & {url.removeprefix(site.url) for (url,) in pages_had}
    assert not set(searches_of(again)) & {text for (text,) in answers_had}
    assert len(set(again)) == len(again)


def test_ctrl_c_while_pages_are_fetched_leaves_a_run_that_can_be_resumed_and_says_how(
    redraft: Shell, site: Program, research: Sequence[str]
) -> None:
    before = len(site.asked)
    process = redraft.start(*research)
    waits_until(lambda: bool(pages_of(site.asked[before:])), process)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)

    (run_id,) = redraft.rows("SELECT id FROM run")[0]
    assert process.returncode == 130
    assert said.splitlines()[-1] == f"interrupted; go on with: redraft resume {run_id}"
    assert "Traceback" not in said


def test_ctrl_c_ends_a_fetch_at_once(redraft: Shell, site: Program) -> None:
    before = len(site.asked)
    process = redraft.start("fetch", f"{site.url}/fault/slow")
    waits_until(lambda: "GET /fault/slow" in site.asked[before:], process)

    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=5)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in said


def test_a_key_stays_out_of_the_store_and_of_messages_even_when_its_provider_fails(
    redraft: Shell, site: Program
) -> None:
    # The provider lies behind a proxy, and this one leads nowhere; what is on this machine does not.
    keyed = redraft.with_settings(REDRAFT_BRAVE_API_KEY=SECRET, NO_PROXY="", ALL_PROXY=site.url)

    done = [keyed("search", "trams"), keyed("research", QUESTION, "--llm-url", "http://127.0.0.1:9")]

    assert "CONNECT api.search.brave.com:443" in site.asked
    assert not [line for line in site.asked if line.startswith("GET http")]
    assert "redraft: brave: no connection to api.search.brave.com" in done[0].stderr
    assert (done[0].returncode, done[1].returncode) == (0, 6)
    assert keyed.rows("SELECT id FROM run")
    assert SECRET not in "".join(text for process in done for text in (process.stdout, process.stderr))
    assert [file for file in redraft.home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []


@pytest.mark.parametrize(("path", "reason"), FAULTS.items(), ids=FAULTS)
def test_a_page_that_cannot_be_had_has_a_reason_and_an_exit_code(
    attempts: dict[str, "subprocess.Popen[str]"], site: Program, path: str, reason: str
) -> None:
    out, err = attempts[path].communicate(timeout=50)

    known = json.loads(out)
    assert (attempts[path].returncode, known["reason"], known["text"]) == (13, reason, None)
    assert err.startswith(f"redraft: {site.url}/{path}: {known['detail']} ({reason})")
    assert len(err.splitlines()) == 1
