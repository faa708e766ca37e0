import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redraft.agent.errors import StorageFull, UserError
from redraft.agent.jobs.units import NEXT_STEPS, SERVICE, TIMER, folder, install, units

PROGRAM = "/opt/redraft/bin/redraft"
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\"'\\$%{} ;#~*hn"), max_size=12)


def sections(text: str) -> dict[str, list[tuple[str, str]]]:
    """What systemd reads in a unit: the settings by section, a setting as often as it is there."""
    found = dict[str, list[tuple[str, str]]]()
    for line in text.split("\n"):
        if header := re.fullmatch(r"\[(\w+)\]", line):
            found[header[1]] = []
        elif line and line[0] not in "#;":
            assert not line.endswith("\\"), "goes on in the next line"
            name, is_one, value = line.partition("=")
            assert is_one
            found[list(found)[-1]].append((name, value))
    return found


def setting(text: str, section: str, name: str) -> list[str]:
    return [value for key, value in sections(text)[section] if key == name]


TOKEN = re.compile(r"""\\(?P<escaped>.)|(?P<quote>["'])|(?P<space>[ \t\n\r])|(?P<plain>.)""", re.DOTALL)
ESCAPES = {"\\": "\\", '"': '"', "'": "'", "s": " ", "n": "\n", "t": "\t"}


def words(value: str) -> Iterator[str]:
    """systemd.syntax(7): quotes and C-style escapes; then systemd.unit(5): specifiers."""
    word, open_quote = None, ""
    for token in TOKEN.finditer(value):
        char = token["quote"] or token["space"] or token["plain"]
        if token["escaped"]:
            word = (word or "") + ESCAPES[token["escaped"]]
        elif token["quote"] and open_quote in ("", char):
            word, open_quote = word or "", "" if open_quote else char
        elif token["space"] and not open_quote:
            yield from () if word is None else (specified(word),)
            word = None
        else:
            assert open_quote or char != ";", "begins a second command"
            word = (word or "") + char
    assert not open_quote
    yield from () if word is None else (specified(word),)


def specified(word: str) -> str:
    return re.sub(r"%(.?)", lambda match: "%" if match[1] == "%" else "<specifier>", word)


def substituted(word: str) -> str:
    """systemd.service(5), "Command lines": `$$` is a dollar sign, and what else has one is a variable."""
    return re.sub(r"\$(\$?)", lambda match: "$" if match[1] else "<variable>", word)


def command(text: str) -> list[str]:
    (value,) = setting(text, "Service", "ExecStart")
    program, *arguments = words(value)
    return [program, *(substituted(word) for word in arguments)]


def test_the_service_runs_what_is_due_and_the_timer_starts_it_every_five_minutes() -> None:
    texts = units([PROGRAM], Path("/srv/my reports"), {"REDRAFT_LLM_URL": "http://localhost:8000/v1"})

    assert command(texts[SERVICE]) == [PROGRAM, "job", "run-due"]
    assert setting(texts[SERVICE], "Service", "Environment") == [
        '"REDRAFT_HOME=/srv/my reports"',
        "REDRAFT_LLM_URL=http://localhost:8000/v1",
    ]
    assert setting(texts[SERVICE], "Service", "Type") == ["oneshot"]
    assert setting(texts[SERVICE], "Service", "TimeoutStartSec") == ["infinity"]
    assert setting(texts[TIMER], "Timer", "OnCalendar") == ["*:0/5"]
    assert setting(texts[TIMER], "Timer", "Persistent") == ["true"]
    assert setting(texts[TIMER], "Install", "WantedBy") == ["timers.target"]
    assert any(TIMER in step for step in NEXT_STEPS)


def test_without_a_home_none_is_set() -> None:
    assert setting(units([PROGRAM], None, {})[SERVICE], "Service", "Environment") == []


@given(st.lists(TEXT, max_size=4), st.dictionaries(st.sampled_from(["A", "REDRAFT_B"]), TEXT))
@example(["$HOME", "100%", "%h", "a b", ";", "#", "", "\\", 'q"q', "it's", "{}", "\u3000"], {"A": "\\n %h $HOME"})
def test_systemd_gets_back_what_was_put_in(arguments: list[str], environment: dict[str, str]) -> None:
    text = units([PROGRAM, *arguments], None, environment)[SERVICE]
    values = setting(text, "Service", "Environment")

    assert command(text) == [PROGRAM, *arguments, "job", "run-due"]
    assert [word for value in values for word in words(value)] == [
        f"{name}={environment[name]}" for name in sorted(environment)
    ]
    assert [name for name, _ in sections(text)["Service"]].count("ExecStart") == 1


def test_a_program_may_lie_in_a_folder_with_spaces_and_percent_signs() -> None:
    program = "/home/ünä/my 100% tools/redraft"

    assert command(units([program], None, {})[SERVICE])[0] == program


@pytest.mark.parametrize("program", ["redraft", "/a'b/redraft", '/a"b/redraft', "/a\\b/redraft", "/$HOME/redraft"])
def test_a_program_that_systemd_cannot_start_is_refused(program: str) -> None:
    with pytest.raises(UserError, match="systemd cannot start"):
        units([program], None, {})


@given(st.characters(categories=["Cc", "Cs"]))
@example("\n")
def test_what_no_unit_can_hold_is_refused(char: str) -> None:
    with pytest.raises(UserError, match="cannot be written into a systemd unit") as caught:
        units([PROGRAM], None, {"A": f"a{char}ExecStart=/bin/other"})

    assert str(caught.value).isprintable()


def test_units_are_written_whole_and_only_those_that_changed(tmp_path: Path) -> None:
    place = tmp_path / "systemd" / "user"
    old, new = units([PROGRAM], None, {}), units([PROGRAM], None, {"A": "ü"})

    assert install(old, place) == [place / SERVICE, place / TIMER]
    assert install(old, place) == []
    assert install(new, place) == [place / SERVICE]
    assert {path.name: path.read_text(encoding="utf-8") for path in place.iterdir()} == new


def test_units_that_cannot_be_written_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "systemd").write_text("no folder")

    with pytest.raises(StorageFull, match=r"cannot write the units to .*systemd/user: Not a directory"):
        install(units([PROGRAM], None, {}), tmp_path / "systemd" / "user")


def test_the_units_belong_where_systemd_looks_for_those_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert folder() == tmp_path / "systemd" / "user"
