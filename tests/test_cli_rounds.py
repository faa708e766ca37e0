"""How a report came about and how a section is mended again, as users meet it: two streams and an exit code."""

import json
import re
from pathlib import Path

import pytest

from redraft.agent import library
from redraft.agent.archive import open_database
from redraft.agent.settings import load_settings
from redraft.store import drafts, gaps, runs
from redraft.store.database import Database
from redraft.tests.agent.mended import RUN, mended, section
from redraft.tests.programs import Shell

LOCAL = {"REDRAFT_SEARCH": "none"}


@pytest.fixture
def database(tmp_path: Path, documents: Path) -> Database:
    database = open_database(load_settings(home=tmp_path / "home"))
    library.add(database, "cities", [str(documents)], lambda *_: None)
    mended(database)
    return database


@pytest.fixture
def redraft(database: Database, tmp_path: Path) -> Shell:
    """Runs redraft on the home with that report."""
    return Shell(tmp_path / "home", LOCAL)


def test_the_account_is_plain_text_from_the_brief_to_the_cost(redraft: Shell) -> None:
    done = redraft("rounds", RUN[:4])

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    parts = ["Brief", "Specification", "Checklist", "Outline", "Wave 1", "Open", "Claims", "Disputes"]
    parts += ["States of the report", "Cost"]
    assert re.findall(r"^[A-Z][A-Za-z 1]+$", done.stdout, re.MULTILINE) == parts
    for line in (
        "   300 words wanted (set by: question), 64 written",
        "   How long the rails of trams last in years",
        "      section 2.1: “The rails last for about thirty years.”",
        "      not covered",
        "      not a matter of words",
        "   1 Capacity (18 of 60 words)",
        "      version 2, denoise, refused: How many do buses carry? It says less than before.",
        "      2.1 Cost of trams (16 of 60 words; added in wave 1)",
        "   round 1 (missing, high, by question, section 2): What do the rails of trams cost?",
        "      searched for “tram rails cost”: 3 passages of 3 sources, 1 new",
        "      deepen of section 2, novelty 1.00: accepted. A new section was written.",
        "The rounds ended: as many as were allowed are done.",
        "   medium, thin, section 1: How many do buses carry?",
        "   wave 1: dangling 0, unsupported 0 (chosen)",
        "   all               3       3000     13%        150",
    ):
        assert line in done.stdout.splitlines()


def test_a_long_text_is_short_on_the_terminal_and_whole_in_json(redraft: Shell, database: Database) -> None:
    reason = "Its claims do not hold " * 20
    drafts.set_stale(database, section(database, "2"), reason)

    shown, told = redraft("rounds", RUN).stdout, json.loads(redraft("rounds", RUN, "--json").stdout)

    assert re.search(r"stale: Its claims do not hold .*…\)$", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) < 200
    assert told["outline"][2]["stale"] == reason


def test_a_run_that_has_only_begun_is_told_as_far_as_it_is(redraft: Shell, database: Database) -> None:
    run = runs.get(database, RUN).model_copy(update={"id": "begun", "stopped": None, "status": "running"})
    runs.create(database, type(run)(**run.model_dump()))

    done = redraft("rounds", "begun")

    assert done.returncode == 0
    assert done.stdout.startswith("Run begun (interrupted): What do trams cost?\n\nCost\n")


def test_history_and_explain_tell_of_the_tree(redraft: Shell) -> None:
    history, explained = redraft("history", RUN).stdout, redraft("explain", RUN, "2.1").stdout

    assert re.search(r"^2\.1\. Cost of trams \(added in wave 1\)$", history, re.MULTILINE)
    assert re.search(r"^ +2  denoise  refused .* wave 1\n +to mend: How many do buses carry\?$", history, re.MULTILINE)
    assert "\nClaims\n   supported, kept: The rails last for about thirty years [e1].\n" in explained
    assert "\nRounds\n   round 1, wave 1 (missing): What do the rails of trams cost?\n" in explained


def test_a_refused_version_is_accepted(redraft: Shell) -> None:
    done = redraft("accept", RUN, "1", "2")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "section 1 is now version 3\n")
    assert "Trams carry many [1]." in redraft("show", RUN).stdout


BAD_INPUT = {
    "an unknown run": (["rounds", "ffff"], 5, "'ffff'"),
    "an unknown run to mend": (["redo", "ffff", "1", "--note", "Wrong."], 5, "'ffff'"),
    "an unknown section": (["redo", RUN, "9", "--note", "Wrong."], 2, "no section 9"),
    "a note of nothing": (["redo", RUN, "1", "--note", " "], 2, "the note is empty"),
    "a locked section": (["redo", RUN, "2", "--note", "Wrong."], 2, f"redraft unlock {RUN} 2"),
    "a target that cannot be": (["redo", RUN, "1", "--note", "Wrong.", "-o", "/"], 2, "cannot write a report to /"),
    "nothing to accept": (["accept", RUN, "1"], 2, "no version waits in section 1"),
    "an unknown version": (["accept", RUN, "1", "9"], 2, "section 1 has no version 9"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_gets_one_clear_line_and_its_own_exit_code(
    redraft: Shell, database: Database, arguments: list[str], code: int, told: str
) -> None:
    drafts.set_locked(database, section(database, "2"), locked=True)

    done = redraft(*arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [gap.opened_by for gap in gaps.of_run(database, RUN)] == ["question"] * 3
