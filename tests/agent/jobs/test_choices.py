"""What the user chooses for a job becomes one that can work, or is refused at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import EngineMissing, UserError
from redraft.agent.jobs.choices import Choices, added, changed
from redraft.agent.jobs.references import is_reference
from redraft.store.models import Job
from redraft.tools.errors import Misconfigured

SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""Seven o'clock in Berlin."""
WEEKLY = Choices(question="What do trams cost?", cron="0 7 * * MON", zone="Europe/Berlin", settings={})


def job(**chosen: Any) -> Job:
    return added("weekly", replace(WEEKLY, **chosen), SUNDAY)


def edited(old: Job, now: datetime = SUNDAY, **chosen: Any) -> Job:
    return changed(old, Choices(**{"settings": {}} | chosen), now)


def channel(made: Job, kind: str) -> dict[str, Any] | None:
    return next((each for each in made.channels if each["kind"] == kind), None)


def test_a_job_with_a_question_and_a_clock_has_all_it_needs(home: Path) -> None:
    made = job(question="  What do\n trams cost? ")

    assert made.question == "What do\n trams cost?"  # its lines stay
    assert (made.cron, made.every, made.zone) == (WEEKLY.cron, None, "Europe/Berlin")
    assert made.next_at == MONDAY
    assert made.channels == [
        {"kind": "folder", "path": str(home / "data" / "reports" / "weekly"), "formats": ["md"], "keep": 0}
    ]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "two clocks": ({"every": "6h"}, "not both"),
    "no clock": ({"cron": None}, "needs a cron expression"),
    "an unknown zone": ({"zone": "Europe/Berln"}, "did you mean Europe/Berlin"),
    "no question": ({"question": " ?"}, "the question is empty"),
    "an unknown format": ({"formats": "html,docx"}, "'docx'"),
    "a folder that is a file": ({"folder": "{here}/file"}, "is no folder that can be written"),
    "a folder in a file": ({"folder": "{here}/file/reports"}, "is no folder that can be written"),
    "a feed that is a folder": ({"feed": "{here}"}, "a feed is a file"),
    "a letter without a sender": ({"mail": ("zoe@example.org",)}, "smtp_from"),
    "a webhook that is no address": ({"webhook": "example.org"}, "https://example.org/hook"),
    "a secret that is none of a webhook": ({"webhook_secret": "env:SECRET"}, "without a webhook"),
    "a secret that is no reference": ({"webhook": "https://a.org", "webhook_secret": "hunter2"}, "by a reference"),
    "a program that is not there": ({"hook": "{here}/nothing --fast"}, "there is no program"),
    "a program that cannot be run": ({"hook": "{here}/file"}, "there is no program"),
    "no command": ({"hook": " "}, "there is no program ''"),
    "a quote that is not closed": ({"hook": "echo 'a"}, "cannot be read"),
    "an outline to approve": ({"settings": {"approve": True}}, "nobody is there to approve"),
    "a server that is no address": ({"settings": {"llm_url": "localhost"}}, "no address of a model server"),
    "a password": ({"settings": {"llm_url": "http://zoe:hunter2@localhost"}}, "without a password"),
    "a password for a second server": (
        {"settings": {"llm_url": "http://localhost,http://zoe:hunter2@elsewhere"}},
        "without a password",
    ),
    "an unknown preset": ({"settings": {"preset": "huge"}}, "setting preset"),
}


@pytest.mark.parametrize(("chosen", "told"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_work_is_refused_in_one_line(tmp_path: Path, chosen: dict[str, Any], told: str) -> None:
    (tmp_path / "file").touch()
    placed = {name: v.format(here=tmp_path) if isinstance(v, str) else v for name, v in chosen.items()}

    with pytest.raises(UserError) as refused:
        job(**placed)

    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "-a", ".a", "a" * 65, "a\n"])
def test_a_name_can_stand_in_file_names_and_in_commands(name: str) -> None:
    with pytest.raises(UserError, match="is no name for a job"):
        added(name, WEEKLY, SUNDAY)


def test_what_a_run_would_lack_is_missed_at_once() -> None:
    with pytest.raises(Misconfigured, match="'bing'"):
        job(settings={"search": "bing"})
    with pytest.raises(Misconfigured, match="REDRAFT_BRAVE_API_KEY"):
        job(settings={"search": "brave"})
    with pytest.raises(EngineMissing, match="redraft model pull"):
        job(settings={"dense": True})


def test_only_what_is_given_is_changed_and_what_is_empty_is_taken_away(tmp_path: Path) -> None:
    old = job(
        folder=str(tmp_path / "reports"),
        formats="html,md",
        keep=3,
        feed=str(tmp_path / "feed.xml"),
        webhook="https://example.org/hook",
        webhook_secret="env:SECRET",
        hook="sh -c 'exit 0'",
        jitter=60,
        settings={"library": "cities", "preset": "quick"},
    )

    assert edited(old).model_dump() == old.model_dump()
    assert channel(edited(old, webhook="https://example.org/other"), "webhook") == {
        "kind": "webhook",
        "url": "https://example.org/other",
        "secret": "env:SECRET",
    }
    assert (channel(edited(old, webhook_secret=""), "webhook") or {})["secret"] is None
    bare = edited(old, folder="", formats="", feed="", webhook="", hook="", settings={"library": ""})
    assert bare.channels == [channel(job(keep=3), "folder")]
    assert (bare.settings, bare.jitter) == ({"preset": "quick"}, 60)


def test_a_tick_that_has_come_stays_to_be_taken_unless_the_clock_is_changed() -> None:
    old, later = job(), MONDAY + timedelta(hours=2)

    assert edited(old, later, keep=3).next_at == MONDAY
    assert edited(old, later, zone="America/New_York").next_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert edited(old, later, every="1d").cron is None


def test_a_paused_job_stays_paused_whatever_is_changed() -> None:
    paused = Job(**job().model_dump() | {"paused": "by hand", "next_at": None})

    assert edited(paused, every="6h").next_at is None


def test_a_command_is_found_wherever_the_job_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tell").write_text("#!/bin/sh\n")
    (tmp_path / "tell").chmod(0o700)
    monkeypatch.chdir(tmp_path)

    assert channel(job(hook="./tell 'two words'"), "hook") == {
        "kind": "hook",
        "command": [str(tmp_path / "tell"), "two words"],
    }
    assert (channel(job(hook="sh -c true"), "hook") or {})["command"][0] == "sh"


@given(st.text(st.characters(codec="utf-8"), min_size=8) | st.from_regex(r"(env|keyring|pass):\S{6,}", fullmatch=True))
def test_a_secret_is_never_kept_and_never_told_only_where_it_is(secret: str) -> None:
    try:
        made = job(webhook="https://example.org/hook", webhook_secret=secret)
    except UserError as refused:
        assert secret not in str(refused)  # noqa: PT017  # either of two ends
        assert not is_reference(secret)
    else:
        assert is_reference(secret)
        assert (channel(made, "webhook") or {})["secret"] == secret
