import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.settings import SECTION_WORDS, Folders, load_settings
from redraft.agent.sizes import SIZES, Size

KEY = "sk-very-secret"


@pytest.fixture
def config(home: Path) -> Path:
    """The file of settings, whose folder is there."""
    file = home / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    return file


def test_flag_beats_environment_beats_file_beats_default(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('llm_tries = 7\nretries = 3\nlibrary = "file"\npreset = "deep"\n')
    monkeypatch.setenv("REDRAFT_LLM_TRIES", "8")
    monkeypatch.setenv("REDRAFT_LIBRARY", "environment")
    monkeypatch.setenv("REDRAFT_PRESET", "")

    settings = load_settings(library="flag", llm_tries=None)

    assert settings.library == "flag"
    assert settings.llm_tries == 8
    assert (settings.retries, settings.preset) == (3, "deep")
    assert settings.llm_timeout == 120


def test_without_anything_given_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDRAFT_SEARCH")

    settings = load_settings()

    assert settings.snapshot() == {
        "seed": None,
        "language": None,
        "preset": "standard",
        "sections": None,
        "words": None,
        "pages": None,
        "library": "default",
        "search": ["auto"],
        "offline": False,
        "dense": False,
        "retries": 2,
        "rounds": None,
        "question_variants": None,
        "answer_variants": None,
        "tokens": None,
        "spec": [],
        "style": [],
        "since": None,
        "dialect": "json",
        "think": 0,
        "terse": True,
        "approve": False,
        "serial": False,
        "deepen": True,
        "denoise": True,
        "critique": True,
        "vote": True,
        "verify": True,
        "disputes": True,
        "cohere": True,
        "fit": True,
        "conclusion": True,
    }
    assert (settings.llm_url, settings.llm_model, settings.llm_api_key) == ((), None, None)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_SEARCH", "searxng, scholar,")

    assert load_settings().search == ("searxng", "scholar")
    assert load_settings(search="brave").search == ("brave",)


@pytest.mark.parametrize("written", ["http://a:8000, http://b:8000", ["http://a:8000", "http://b:8000"]])
def test_several_model_servers_are_given_as_a_list(written: object) -> None:
    assert load_settings(llm_url=written).llm_url == ("http://a:8000", "http://b:8000")
    assert load_settings(llm_url="http://a:8000/v1").llm_url == ("http://a:8000/v1",)


def test_the_keys_of_providers_are_told_by_name_and_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_BRAVE_API_KEY", KEY)
    monkeypatch.setenv("REDRAFT_LLM_API_KEY", "another")

    settings = load_settings()

    assert {name: key.get_secret_value() for name, key in settings.search_keys.items()} == {"brave": KEY}
    assert KEY not in repr(settings) + json.dumps(settings.snapshot())


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().library = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"preset": "huge"}, "setting preset: Input should be 'quick', 'standard' or 'deep'"),
        (
            {"language": "xx"},
            (
                "setting language: no report can be written in 'xx'; "
                "known are ar, de, en, es, fr, it, ja, ko, nl, pt, ru, zh"
            ),
        ),
        ({"sections": 0}, "setting sections: Input should be greater than or equal to 1"),
        ({"words": "many"}, "setting words: Input should be a valid integer, unable to parse string as an integer"),
        ({"llm_timeout": 0}, "setting llm_timeout: Input should be greater than 0"),
        ({"retries": 6, "library": ""}, "setting retries: Input should be less than or equal to 5"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(flags: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as caught:
        load_settings(**flags)

    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("llm_tries", 1, None),
        ("llm_concurrency", 1, None),
        ("context", 1024, None),
        ("sections", 1, 40),
        ("retries", 0, 5),
    ],
)
def test_a_number_may_be_as_small_or_large_as_is_said(name: str, least: int, most: int | None) -> None:
    assert getattr(load_settings(**{name: least}), name) == least
    with pytest.raises(UserError, match=f"setting {name}: Input should be greater than or equal to {least}"):
        load_settings(**{name: least - 1})
    if most is not None:
        assert getattr(load_settings(**{name: most}), name) == most
        with pytest.raises(UserError, match=f"setting {name}: Input should be less than or equal to {most}"):
            load_settings(**{name: most + 1})


def test_a_value_in_the_environment_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_CONTEXT", "10")

    with pytest.raises(UserError, match="setting context: Input should be greater than or equal to 1024"):
        load_settings()


@pytest.mark.parametrize(("text", "name"), [("langauge = 'de'", "langauge"), ("[llm]\nurl = 'x'", "llm")])
def test_a_name_in_the_file_that_is_no_setting_is_named_with_the_file(config: Path, text: str, name: str) -> None:
    config.write_text(text)

    with pytest.raises(UserError) as caught:
        load_settings()

    assert str(caught.value) == f"setting {name}: there is no such setting; see {config}"


@pytest.mark.parametrize("data", [b"preset = deep", b"[", b"library = '\xff'"])
def test_a_file_that_is_no_toml_is_named_in_one_line(config: Path, data: bytes) -> None:
    config.write_bytes(data)

    with pytest.raises(UserError) as caught:
        load_settings()

    assert str(caught.value).startswith(f"{config} is no TOML file: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_HOME", "/" + "x" * 300)

    with pytest.raises(UserError, match=r"^cannot read /x+/config/config\.toml: File name too long$"):
        load_settings()


def test_the_key_is_shown_nowhere(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(f'llm_api_key = "{KEY}"')

    settings = load_settings()

    assert settings.llm_api_key is not None
    assert settings.llm_api_key.get_secret_value() == KEY
    shown = [repr(settings), str(settings), settings.model_dump_json(), json.dumps(settings.snapshot())]
    assert KEY not in "".join(shown)


@pytest.mark.parametrize("line", [f"llm_api_key = ['{KEY}']", f"llm_api_key = {KEY}", f"llm_api_keys = '{KEY}'"])
def test_a_key_that_is_written_wrongly_is_not_shown_either(config: Path, line: str) -> None:
    config.write_text(line)

    with pytest.raises(UserError) as caught:
        load_settings()

    assert KEY not in str(caught.value)


def test_a_home_holds_everything(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().folders == Folders(home / "data", home / "cache", home / "config")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDRAFT_HOME", "else/../where")

    where = tmp_path / "where"
    assert load_settings().folders == Folders(where / "data", where / "cache", where / "config")


def test_without_a_home_each_kind_has_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDRAFT_HOME")
    for kind in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))

    assert load_settings().folders == Folders(*(tmp_path / kind / "redraft" for kind in ("DATA", "CACHE", "CONFIG")))


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        ({}, SIZES["standard"]),
        ({"preset": "quick"}, SIZES["quick"]),
        ({"preset": "quick", "words": 500}, SIZES["quick"]._replace(words=500)),
        ({"preset": "quick", "sections": 8}, SIZES["quick"]._replace(sections=8, words=1800)),
        ({"preset": "quick", "sections": 2}, SIZES["quick"]._replace(sections=2, words=450)),
        ({"preset": "deep", "sections": 2, "words": 5000}, SIZES["deep"]._replace(sections=2, words=5000)),
        ({"preset": "quick", "pages": 0}, SIZES["quick"]._replace(pages=0)),
    ],
)
def test_the_words_of_a_preset_grow_with_the_sections_that_are_asked_for(flags: dict[str, object], size: Size) -> None:
    assert load_settings(**flags).size == size


@given(
    st.fixed_dictionaries(
        {"preset": st.sampled_from(sorted(SIZES)), "retries": st.integers(0, 5), "library": st.text()},
        optional={"sections": st.integers(1, 20), "words": st.integers(SECTION_WORDS * 20, 50_000)},
    )
)
def test_what_a_run_was_begun_with_is_always_put_back_and_nothing_else(begun: dict[str, object]) -> None:
    first, now = load_settings(**begun), load_settings(llm_tries=9, words=1234, library="other", retries=0)

    restored = now.restored(json.loads(json.dumps(first.snapshot())))

    assert restored.snapshot() == first.snapshot()
    assert restored.size == first.size
    assert restored.llm_tries == 9


def test_every_section_has_room_for_a_few_sentences() -> None:
    assert load_settings(sections=10, words=10 * SECTION_WORDS).size.words == 10 * SECTION_WORDS

    with pytest.raises(UserError, match="399 words are too few for 10 sections: each needs 40"):
        load_settings(sections=10, words=399)
