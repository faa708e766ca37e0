"""What the tests of judges share: a server whose model judges by a rule, and tasks that can be judged."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from redraft.tests.evals.benchmarks.given import write_lines
from redraft.tests.evals.judging.test_race import ROW
from redraft.tests.evaluated import Answer

KEY = "sk-very-secret"
Rule = Callable[[str, str], str]
"""The reply to a prompt, by its name and its text."""


@dataclass
class JudgeServer:
    """An OpenAI-compatible server on loopback."""

    rule: Rule
    url: str = ""
    failing_after: int = 10**9
    """Calls that are answered; all later ones are refused for a time."""
    counts: bool = False
    """Whether it counts tokens: ten for each prompt."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of all calls that were answered."""
    keys: set[str | None] = field(default_factory=set)

    @property
    def prompts(self) -> list[str]:
        return [f"{body['seed']} {body['messages'][0]['content']}" for body in self.asked]

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        wanted = body.get("response_format", {"json_schema": {"name": "clean"}})
        text = self.rule(wanted["json_schema"]["name"], body["messages"][0]["content"])
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        return {"choices": [{"index": 0, "message": {"content": text}, "finish_reason": "stop"}], "usage": usage}


def _handler(server: JudgeServer) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, {"data": [{"id": "small", "object": "model"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("/tokenize"):
                self._send(200 if server.counts else 404, {"count": 10})
                return
            with lock:
                server.keys.add(self.headers["Authorization"])
                is_answered = len(server.asked) < server.failing_after
                if is_answered:
                    server.asked.append(body)
            self._send(200, server.answer(body)) if is_answered else self._send(503, {})

        def _send(self, status: int, answer: Mapping[str, Any]) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def judging(rule: Rule) -> Iterator[JudgeServer]:
    server = JudgeServer(rule)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def worth(report: str) -> float:
    """By a sound rule, 0 to 10: what is said, once each, without empty words."""
    said = [part for part in report.split("\n\n") if part.strip()]
    points = 0.4 * len(set(said)) - 0.4 * (len(said) - len(set(said))) - 0.2 * report.count("important")
    return max(0.0, min(10.0, points))


def sound(prompt: str, text: str) -> str:
    """Judges by `worth`, whatever it is asked, cleans nothing, and takes every citation for supported."""
    if prompt == "clean":
        return "# Trams" + text.partition("# Trams")[2]
    one, other = (worth(report) for report in _two(text))
    marks = [{"criterion": "x", "analysis": "", "article_1_score": one, "article_2_score": other}]
    better = "a" if one >= other else "b"
    votes = {"explanation": "", "preferred": better, "gap_score": 2}
    facts = re.findall(r"^(\d+)\. ", text.partition("# Statements")[2], re.MULTILINE)
    numbers = re.findall(r"^(\d+)\. ", text.partition("# Criteria: ")[2], re.MULTILINE)
    answers: dict[str, Any] = {
        "race": dict.fromkeys(ROW["dimension_weight"], marks),
        "pointwise": {"scores": [{"number": int(n), "analysis": "", "a": one, "b": other} for n in numbers]},
        "pairwise": dict.fromkeys(
            ("instruction_following", "comprehensiveness", "completeness", "writing_quality"), votes
        ),
        "preference": {"why": "", "better": better},
        "rubric": {"why": "", "met": False},
        "extract": {"citations": []},
        "deduplicate": {"keep": [1]},
        "validate": {"results": [{"idx": int(n), "result": "supported"} for n in facts]},
    }
    return json.dumps(answers[prompt])


def _two(text: str) -> tuple[str, str]:
    """The reports of a prompt; of one that has none, nothing."""
    parts = re.split(r"^# (?:Report (?:A|B|1|2)|Criteria.*|Your answer)$", text, flags=re.MULTILINE)
    return (parts[1], parts[2]) if len(parts) > 3 else ("", "")


def tasks(folder: Path, count: int = 8) -> Path:
    """Tasks of DeepResearch Bench with criteria, references and what people say."""
    prompts = {str(number): f"What are trams, part {number}?" for number in range(1, count + 1)}
    queries = ({"id": int(task), "prompt": prompt, "language": "en"} for task, prompt in prompts.items())
    write_lines(folder / "query.jsonl", *queries)
    write_lines(folder / "criteria.jsonl", *(ROW | {"id": int(t), "prompt": p} for t, p in prompts.items()))
    reference = report(4, "reference")
    write_lines(folder / "reference.jsonl", *({"prompt": prompt, "article": reference} for prompt in prompts.values()))
    means = {name: {"dimensions": {}, "overall": 10.0 * parts} for name, parts in QUALITY.items()}
    write_lines(folder / "human_scores.zh.jsonl", *({"id": int(task), "aggregated": means} for task in prompts))
    return folder


QUALITY = {"good": 7, "fair": 5, "poor": 3}


def report(parts: int, name: str = "") -> str:
    sections = (f"## Part {n}\n\nOf {name} number {n} says this." for n in range(parts))
    return "\n\n".join(["# Trams", *sections])


def reports(folder: Path, name: str, articles: Mapping[str, str]) -> Path:
    rows = ({"id": int(task), "article": article} for task, article in articles.items())
    return write_lines(folder / f"{name}.jsonl", *rows)


def file(folder: Path, name: str) -> Path:
    """Reports of this quality on all eight tasks."""
    return reports(folder, name, {str(task): report(QUALITY[name], f"{name} {task}") for task in range(1, 9)})


def judge(verb: str, *what: object, data: Path, protocol: str = "race", more: tuple[object, ...] = ()) -> Answer:
    return Answer(verb, *what, "--protocol", protocol, "--bench", "drb", "--data", data, *more)


@contextmanager
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    """A sound judge, known by the settings."""
    with judging(sound) as server:
        monkeypatch.setenv("REDRAFT_JUDGE_URL", server.url)
        monkeypatch.setenv("REDRAFT_JUDGE_API_KEY", KEY)
        monkeypatch.setenv("REDRAFT_LLM_TRIES", "1")
        yield server
