"""Stands in for vLLM where its life is tested: a server with /health and the like, and with a child of its own, as
vLLM has.

python fake_model_server.py healthy|writing|mortal|stubborn|hanging|failing PORT PIDS: its own process id and its
child's go to PIDS. `writing` answers as a good writer would; `mortal` starts once, and fails from then on.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CHILD = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"


METRICS = """\
vllm:num_requests_running 3.0
vllm:num_requests_waiting 2.0
vllm:kv_cache_usage_perc 0.25
vllm:prefix_cache_queries_total 4000.0
vllm:prefix_cache_hits_total 2880.0
vllm:spec_decode_num_drafts_total 100.0
vllm:spec_decode_num_draft_tokens_total 800.0
vllm:spec_decode_num_accepted_tokens_total 240.0
"""
ANSWERS = {
    "/health": "",
    "/metrics": METRICS,
    "/v1/models": '{"data": [{"id": "small", "max_model_len": 1024, "owned_by": "vllm"}]}',
}


class Health(http.server.BaseHTTPRequestHandler):
    writes = False

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ANSWERS else 404)
        self.end_headers()
        self.wfile.write(ANSWERS.get(self.path, "").encode())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = {"message": {"content": self._said(asked)}, "finish_reason": "stop"}
        self.send_response(200 if self.path == "/v1/chat/completions" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [said]}).encode())

    def _said(self, asked: dict[str, Any]) -> str:
        if not self.writes:
            return "Trams run."
        from redraft.tests import faithful  # noqa: PLC0415 - the others start without

        return faithful.answer(asked["messages"][-1]["content"])

    def log_message(self, *_: object) -> None:
        pass


def main(behaviour: str, port: int, pids: Path) -> None:
    if behaviour == "failing" or (behaviour == "mortal" and pids.exists()):
        sys.exit("ValueError: this model needs more memory\nTraceback follows")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", CHILD])
    unfinished = pids.with_suffix(".part")
    unfinished.write_text(f"{child.pid} {os.getpid()}")
    unfinished.replace(pids)
    if behaviour == "hanging":
        time.sleep(60)
    if behaviour == "writing":
        Health.writes = True
        ANSWERS["/v1/models"] = ANSWERS["/v1/models"].replace("1024", "8192")
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
