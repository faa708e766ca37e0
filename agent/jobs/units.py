"""A systemd timer that looks every five minutes whether a job is due: systemd.service(5) and systemd.timer(5)."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from platformdirs import PlatformDirs
from pydantic import SecretStr

from redraft.agent.errors import StorageFull, UserError
from redraft.agent.settings import Settings

SERVICE = "redraft-jobs.service"
TIMER = "redraft-jobs.timer"
NEXT_STEPS = (
    "systemctl --user daemon-reload",
    f"systemctl --user enable --now {TIMER}",
    "loginctl enable-linger",
)
"""What the user has to run once the units are in place. By the last one the timer goes on while nobody is logged in."""
_SERVICE = """\
[Unit]
Description=Redraft: research that is due

[Service]
Type=oneshot
ExecStart={command}
{environment}\
# What jobs refer to as env:NAME, a NAME=value in each line; only you should be able to read the file.
EnvironmentFile=-%E/redraft/jobs.env
Nice=10
TimeoutStartSec=infinity
KillMode=mixed
# To be stopped is no failure: the next time goes on with what was interrupted.
SuccessExitStatus=130 143 SIGINT SIGTERM
"""
_TIMER = """\
[Unit]
Description=Redraft: look every five minutes whether research is due

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=20
Persistent=true

[Install]
WantedBy=timers.target
"""
_NEVER_IN_A_UNIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NEVER_IN_A_PROGRAM = re.compile(r"[\"'\\$]")
_HAS_PASSWORD = re.compile(r"//[^/\s]*@")
_PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def divided(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Of the settings in an environment those that anybody may read, and the names of those with a secret in them."""
    names = {
        f"REDRAFT_{name.upper()}": SecretStr in get_args(field.annotation)
        for name, field in Settings.model_fields.items()
    }
    given = {name: environment[name] for name in sorted(names) if environment.get(name)}
    secret = [name for name, value in given.items() if names[name] or _HAS_PASSWORD.search(value)]
    return {name: value for name, value in given.items() if name not in secret}, secret


def units(program: Sequence[str], home: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The text of each unit by its file name.

    `program` is the absolute path that starts this program, with the arguments that come before its commands; `home` is
    what `REDRAFT_HOME` is to be. Anybody may read the units: `environment` must hold no secrets. Raises `UserError` for
    what systemd cannot be told.
    """
    variables = dict(environment) | ({"REDRAFT_HOME": str(home)} if home else {})
    lines = [f"Environment={quoted(f'{name}={value}')}\n" for name, value in sorted(variables.items())]
    return {
        SERVICE: _SERVICE.format(command=_command([*program, "job", "run-due"]), environment="".join(lines)),
        TIMER: _TIMER,
    }


def secrets_file() -> Path:
    """Where the service looks for the settings with a secret in them, and for what jobs refer to as `env:NAME`."""
    return PlatformDirs("redraft", appauthor=False).user_config_path / "jobs.env"


def folder() -> Path:
    """Where systemd looks for the units of this user: below `XDG_CONFIG_HOME`, else ~/.config (systemd.unit(5))."""
    return PlatformDirs("systemd", appauthor=False).user_config_path / "user"


def install(texts: Mapping[str, str], place: Path) -> list[Path]:
    """Writes the units into the folder `place`, each whole or not at all, and tells which are new or changed.

    Raises `StorageFull` where they cannot be written.
    """
    targets = {place / name: text for name, text in texts.items()}
    try:
        place.mkdir(parents=True, exist_ok=True)
        changed = [path for path, text in targets.items() if not path.exists() or path.read_bytes() != text.encode()]
        for path in changed:
            _replace(path, targets[path])
    except OSError as error:
        message = f"cannot write the units to {place}: {error.strerror}"
        raise StorageFull(message) from error
    return changed


def quoted(text: str) -> str:
    """One word of a setting, by the rules of quoting, escapes and specifiers (systemd.syntax(7), systemd.unit(5)).

    Raises `UserError` for control characters and for what is no Unicode: no setting may hold them.
    """
    if _NEVER_IN_A_UNIT.search(text):
        message = f"{text!r} cannot be written into a systemd unit: it has characters that are none of a text"
        raise UserError(message)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _command(words: Sequence[str]) -> str:
    """A command line. Of its words only the arguments have variables replaced: there a dollar sign is doubled."""
    program, *arguments = words
    if not program.startswith("/") or _NEVER_IN_A_PROGRAM.search(program):
        message = (
            f"systemd cannot start {program!r}: it needs a whole path without quotes, backslashes and dollar signs"
        )
        raise UserError(message)
    return " ".join([quoted(program), *(quoted(word.replace("$", "$$")) for word in arguments)])


def _replace(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
