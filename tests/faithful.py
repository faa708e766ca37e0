"""The stand-in of the benches, with shorter drafts and summaries.

In a test it is the script of a `ScriptedLLM`. As a program it is an OpenAI-compatible server on loopback, for tests
that need a process to talk to:

    python tests/faithful.py PORT_FILE LOG_FILE [SECONDS_PER_REPLY [CONTEXT]]

It writes its port to PORT_FILE, and to LOG_FILE the SHA-256 of every request when it is asked and when it has answered.
"""

import hashlib
import json
import re
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from redraft.evals import standin
from redraft.evals.standin_reading import PIECE


def draft(prompt: str) -> str:
    """The first sentence of each piece of evidence, cited."""
    return " ".join(f"{_sentence(text)} [e{number}]" for number, text in PIECE.findall(prompt))


def summary(prompt: str) -> str:
    """The first sentences of the report, as they stand there."""
    written = prompt.split("# The report")[1].split("# Your task")[0]
    return " ".join(re.findall(r"[A-Z][^.\n]*\. \[e\d+\]", written)[:3])


STEPS = {**standin.STEPS, "draft": draft, "summary": summary, "conclusion": summary}


def answer(prompt: str) -> str:
    """The reply to a prompt, whichever step it comes from."""
    return STEPS[standin.step(prompt)](prompt)


def _sentence(text: str) -> str:
    body = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    return " ".join(re.split(r"(?<=\.)\s", body.strip())[0].split())


class Handler(BaseHTTPRequestHandler):
    log: Path
    delay: float
    context: int

    def do_GET(self) -> None:
        self._send({"data": [{"id": "faithful", "max_model_len": self.context}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = asked["messages"][-1]["content"]
        if self.path == "/tokenize":
            return self._send({"count": len(prompt.split())})
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        self._note("asked", key)
        time.sleep(self.delay)
        choice = {"message": {"content": answer(prompt)}, "finish_reason": "stop"}
        self._send({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})
        return self._note("answered", key)

    def _note(self, what: str, key: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{what} {key}\n")

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError):  # whoever asked was killed
            self.wfile.write(data)


def main(port_file: str, log_file: str, delay: str = "0", context: str = "8192") -> None:
    Handler.log, Handler.delay, Handler.context = Path(log_file), float(delay), int(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Path(port_file).write_text(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
