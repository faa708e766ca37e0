"""The server of the live bench: vLLM with the switch in place of a drafter."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from redraft.agent.errors import ServerRefused, ServerUnavailable
from redraft.agent.launch import Launch, Launcher, vllm
from redraft.agent.process import OnStep
from redraft.agent.server import started
from redraft.agent.settings import Settings
from redraft.agent.speculation.vllm_proposer import Count
from redraft.evals.speed.live import Prompt, Tell, Timed, timed
from redraft.evals.speed.switching import Switch

ANSWER_SECONDS = 900
"""For one answer: 8,000 tokens at nine a second, as an 8B model has on a few cores."""
WARM = Prompt("warm", [1, 2, 3, 4], 4)
"""Asked after each switch: the server notices it then, and its first answer is not among those that are timed."""
EXACT = ("--dtype", "float32")
"""Of two flags of a name, vLLM takes the last."""
CACHE = "VLLM_CPU_KVCACHE_SPACE"
CACHE_GIB = 4
"""On a CPU, for the cache, where prompts are to stay: 180,000 tokens of the embedded model."""


class Switched:
    """A server whose drafter can be changed."""

    def __init__(self, http: httpx.AsyncClient, model: str, switch: Switch) -> None:
        self._http = http
        self._model = model
        self._switch = switch
        self._turns = 0

    async def answer(self, prompt: Prompt) -> Sequence[int]:
        """The tokens of a greedy answer. Raises `ServerRefused` or `ServerUnavailable`."""
        try:
            response = await self._http.post("/v1/completions", json=self._body(prompt))
        except httpx.HTTPError as error:
            message = f"the server gave no answer: {str(error) or type(error).__name__}"
            raise ServerUnavailable(message) from error
        if not response.is_success:
            message = f"the server refused a prompt of {len(prompt.ids)} tokens: {response.text[:300]}"
            raise ServerRefused(message)
        ids: list[int] = response.json()["choices"][0]["token_ids"]
        return ids

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        body = {"model": self._model, "prompt": list(prompt.ids), "max_tokens": prompt.most, "temperature": 0}
        if prompt.schema is not None:
            schema = {"name": prompt.node, "schema": prompt.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return {**body, "return_token_ids": True}

    async def use(self, block: int, drafter: str) -> Count:
        self._turns += 1
        self._switch.give(self._turns, block, drafter)
        await self.answer(WARM)
        return self._switch.last()


@asynccontextmanager
async def served(
    settings: Settings, on_step: OnStep, sequences: int, launcher: Launcher = vllm, *, exact: bool = False
) -> AsyncIterator[Switched]:
    """A server of this process's own, with the model of the settings; its log lies beside all others.

    It serves up to `sequences` requests at once; `exact`: in float32.
    """
    with tempfile.TemporaryDirectory() as folder:
        switch = Switch(Path(folder))
        switch.give(0, 0, "off")

        def launch(settings: Settings, port: int) -> Launch:
            plain = launcher(settings.model_copy(update={"speculation": "off"}), port)
            return plain._replace(
                command=[*plain.command, "--max-num-seqs", str(sequences), *switch.flags(), *(EXACT if exact else ())],
                environment={**plain.environment, **({CACHE: str(CACHE_GIB)} if CACHE in plain.environment else {})},
            )

        async with (
            started(settings, on_step, launch) as server,
            httpx.AsyncClient(base_url=server.url, timeout=ANSWER_SECONDS, trust_env=False) as http,
        ):
            yield Switched(http, server.model, switch)


async def bench(
    settings: Settings,
    asked: Sequence[Prompt],
    drafters: Sequence[str],
    *,
    rounds: int,
    concurrencies: Sequence[int],
    tell: Tell,
    exact: bool = False,
    launcher: Launcher = vllm,
) -> Timed:
    """All passes, on a server that is started for them."""
    async with served(settings, lambda step: None, max(concurrencies), launcher, exact=exact) as server:
        return await timed(asked, drafters, server, rounds=rounds, concurrencies=concurrencies, tell=tell)
