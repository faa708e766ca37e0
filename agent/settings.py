"""Every choice a user can make. Flag beats environment beats file beats default; nothing else reads the environment."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from platformdirs import PlatformDirs
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from redraft.agent.errors import UserError
from redraft.agent.profiles import Dtype, ProfileName
from redraft.agent.sizes import SIZES, Preset, Size
from redraft.agent.speculating import Speculation
from redraft.prompts.labels import LANGUAGES

CONFIG_NAME = "config.toml"


class Folders(NamedTuple):
    """Where things live: below `REDRAFT_HOME` when it is set, else in the user's own folders for each kind."""

    data: Path
    cache: Path
    config: Path


SECTION_WORDS = 40
"""Two sentences, and twice what the guard takes for no section at all."""


_SETTLED = (
    *("seed", "language", "preset", "sections", "words", "pages", "library", "search", "offline", "dense", "retries"),
    *("rounds", "question_variants", "answer_variants", "tokens", "spec", "style", "since", "dialect", "think"),
    *("terse", "approve", "serial", "deepen", "denoise", "critique", "vote", "verify", "disputes", "cohere", "fit"),
    "conclusion",
)


def listed(value: Any) -> Any:
    """`a, b` is a list of two; what is a list already stays one."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        message = f"no report can be written in {code!r}; known are {', '.join(LANGUAGES)}"
        raise PydanticCustomError("unknown_language", "{message}", {"message": message})
    return code


_Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]


class Settings(BaseSettings):
    """Values with their sources already merged."""

    model_config = SettingsConfigDict(env_prefix="REDRAFT_", env_ignore_empty=True, extra="forbid", frozen=True)

    home: Path | None = None
    """One folder for data, cache and configuration."""

    llm_url: _Listed = ()
    """Base URLs of OpenAI-compatible servers with the same model, with or without `/v1`. Empty: use the running server
    or start one."""
    llm_model: str | None = None
    """The model to ask for at `llm_url`, or to serve: `embedded`, a folder, or the id of a model on the hub."""
    llm_api_key: SecretStr | None = None
    """Sent as a bearer token; never logged, never stored."""
    llm_timeout: float = Field(default=120, gt=0)
    """Seconds without a single byte from the server before a call counts as failed."""
    llm_tries: int = Field(default=4, ge=1)
    """How often one call is tried while the server fails or cannot be reached."""
    llm_concurrency: int = Field(default=4, ge=1)
    """Calls in flight at once, to each server. Four sequences are what the embedded server's cache holds."""
    profile: ProfileName | None = None
    """What a server is started for, `gpu` or `cpu`. None: what this machine has."""
    context: int | None = Field(default=None, ge=1024)
    """Tokens of context to ask for when a server is started. None: the profile's."""
    dtype: Dtype = "auto"
    """The numbers that a started server computes in. `auto`: those of the model on a GPU, bfloat16 on a CPU."""
    gpu_memory: float = Field(default=0.9, gt=0, le=1)
    """Share of a GPU's memory that a started server takes."""
    trust_remote_code: bool = False
    """Whether the Python in a model's folder may be run, where the model cannot be read without."""
    speculation: Speculation = "redraft"
    """How the started server drafts tokens ahead. Never changes what is written, only how fast. Of those that need no
    model of their own this one takes the fewest steps (docs/serving.md)."""
    llm_draft: str | None = None
    """The small model of the speculations `eagle3` and `draft_model`: a folder, or the id of a model on the hub."""
    transcripts: Path | None = None
    """A folder that gets the token ids of every call, a file for each run, as `redraft eval speed replay` reads them.
    None: nothing is kept."""

    seed: int | None = Field(default=None, ge=0)
    """Sent to the server with each call, which then samples the same as far as it can; None leaves that to it."""
    judge_url: str | None = None
    """Base URL of the OpenAI-compatible server whose model judges reports."""
    judge_model: str | None = None
    judge_api_key: SecretStr | None = None
    """As `llm_api_key`, for the judge."""

    language: Annotated[str, AfterValidator(_known_language)] | None = None
    """The language of the report, as an ISO 639-1 code. None: that of the question, settled when the run is created."""
    preset: Preset = "standard"
    sections: int | None = Field(default=None, ge=1, le=40)
    words: int | None = Field(default=None, ge=100, le=50_000)
    library: str = "default"
    """The named collection of documents to draw on."""
    pages: int | None = Field(default=None, ge=0, le=500)
    """Pages of the web that a run reads at most, instead of the preset's."""
    search: _Listed = ("auto",)
    """Providers that are asked, by name: `auto` chooses, `scholar` stands for the catalogues of scholarly works, and
    `none` leaves the web out."""
    offline: bool = False
    """Nothing goes out: searches and pages come from what earlier runs have kept."""
    dense: bool = False
    """Rank passages by meaning as well as by words. Needs the extra `dense`."""
    searxng_url: str | None = None
    """The user's own SearXNG. May be on this machine: it is not subject to `allow_hosts`."""
    allow_hosts: str = ""
    """Private addresses that pages may be read from: `host:port`, with commas between them."""
    contact: str | None = None
    """An address or a URL at which a site's owner finds the user: sent with every request for a page or a search."""
    brave_api_key: SecretStr | None = None
    tavily_api_key: SecretStr | None = None
    serper_api_key: SecretStr | None = None
    exa_api_key: SecretStr | None = None
    openalex_api_key: SecretStr | None = None
    semantic_scholar_api_key: SecretStr | None = None
    pubmed_api_key: SecretStr | None = None
    database: SecretStr | None = None
    """The URL of a PostgreSQL database that several machines share, as `postgresql+psycopg://user@host/name`; it may
    hold a password. None: a file of this machine."""
    job_limit: int = Field(default=1, ge=1)
    """Runs of jobs at once on one model server. More than one want a server that is there: each would start its own."""
    priority: int = Field(default=0, ge=0)
    """Of calls to a server that schedules by priority: those with a smaller number are served first."""
    smtp_host: str | None = None
    """The mail server that takes what jobs send."""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    """None: the usual one for `smtp_security`."""
    smtp_security: Literal["starttls", "ssl", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    """Where the password is: `env:NAME` or `keyring:SERVICE/USER`."""
    smtp_from: str | None = None
    """The sender's address; `smtp_user` without it."""
    metrics_file: Path | None = None
    """Where the numbers of all jobs are written for Prometheus, after each of their runs."""
    retries: int = Field(default=2, ge=0, le=5)
    """How often a reply that fails its check is sent back to the model with the reason."""

    rounds: int | None = Field(default=None, ge=0, le=20)
    """Rounds of deepening and denoising, instead of the preset's."""
    question_variants: int | None = Field(default=None, ge=1, le=8)
    answer_variants: int | None = Field(default=None, ge=1, le=8)
    tokens: int | None = Field(default=None, ge=10_000)
    """Prompt and output tokens after which no further round begins: what is left is for closing the report."""
    spec: tuple[str, ...] = ()
    """Points that the report must cover."""
    style: tuple[str, ...] = ()
    """Texts whose tone and form the report takes on."""
    since: date | None = None
    """Sources that are known to be older are not used."""
    dialect: Literal["json", "warp"] = "json"
    """The form of the model's replies: `warp` is the one that the AgentCPM-Report weights were trained on."""
    think: int = Field(default=0, ge=0, le=16_384)
    """Tokens that a thinking model may think in before each reply; 0 asks it not to."""
    terse: bool = True
    """Whether judging steps reason in a few words (Chain of Draft, arXiv 2502.18600)."""
    approve: bool = False
    """Whether the run waits for the user once the outline stands."""
    serial: bool = False
    """One section and one round at a time, each seeing what the ones before have written."""
    deepen: bool = True
    denoise: bool = True
    critique: bool = True
    vote: bool = True
    verify: bool = True
    disputes: bool = True
    cohere: bool = True
    fit: bool = True
    conclusion: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, _config_file())
        return init_settings, env_settings, file

    @model_validator(mode="after")
    def _sections_are_long_enough(self) -> Self:
        sections, words = self.size[:2]
        if words < SECTION_WORDS * sections:
            message = f"{words} words are too few for {sections} sections: each needs {SECTION_WORDS} at least"
            raise PydanticCustomError("too_few_words", message)
        return self

    @property
    def search_keys(self) -> dict[str, SecretStr]:
        """The keys of search providers, by the provider's name."""
        fields = {name.removesuffix("_api_key"): value for name, value in self if name.endswith("_api_key")}
        return {name: value for name, value in fields.items() if value is not None and name not in ("llm", "judge")}

    @property
    def folders(self) -> Folders:
        return _folders(self.home)

    @property
    def size(self) -> Size:
        """The preset's size with the user's own numbers put in."""
        preset = SIZES[self.preset]
        sections = self.sections or preset.sections
        words = self.words or preset.words * sections // preset.sections
        pages = preset.pages if self.pages is None else self.pages
        own = {
            "rounds": preset.rounds if self.rounds is None else self.rounds,
            "lanes": 1 if self.serial else preset.lanes,
            "question_variants": self.question_variants or preset.question_variants,
            "answer_variants": self.answer_variants or preset.answer_variants,
        }
        return preset._replace(sections=sections, words=words, pages=pages, **own)

    def snapshot(self) -> dict[str, Any]:
        """What the text of a report depends on: kept with the run, and used again when it is resumed."""
        return self.model_dump(mode="json", include=set(_SETTLED))

    def restored(self, snapshot: dict[str, Any]) -> "Settings":
        """These settings, with what a run was begun with put back."""
        return self.model_validate({**dict(self), **snapshot})


def load_settings(**flags: object) -> Settings:
    """Settings with `flags` on top; a flag that is None was not given.

    Raises `UserError` naming the first value that cannot be used, or the file where that cannot be read.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them, and says what is wrong
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "words"
        # Only the file can hold a name that is no setting's: flags are named by the program.
        said = f"there is no such setting; see {_config_file()}" if first["type"] == "extra_forbidden" else first["msg"]
        message = f"setting {name}: {said}"
        raise UserError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{_config_file()} is no TOML file: {error}"
        raise UserError(message) from error
    except OSError as error:
        message = f"cannot read {_config_file()}: {error.strerror}"
        raise UserError(message) from error


def _config_file() -> Path:
    return _folders(os.environ.get("REDRAFT_HOME")).config / CONFIG_NAME


def _folders(home: Path | str | None) -> Folders:
    if home:
        root = Path(home).expanduser().resolve()
        return Folders(root / "data", root / "cache", root / "config")
    user = PlatformDirs("redraft", appauthor=False)
    return Folders(user.user_data_path, user.user_cache_path, user.user_config_path)
