"""Stands in for vLLM where its life is tested: a server with /health, and with a child of its own, as vLLM has.

python fake_model_server.py healthy|stubborn|hanging|failing PORT PIDS: its own process id and its child's go to PIDS.
"""

import http.server
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main(behaviour: str, port: int, pids: Path) -> None:
    if behaviour == "failing":
        sys.exit("ValueError: this model needs more memory\nTraceback follows")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", CHILD])
    unfinished = pids.with_suffix(".part")
    unfinished.write_text(f"{child.pid} {os.getpid()}")
    unfinished.replace(pids)
    if behaviour == "hanging":
        time.sleep(60)
    http.server.HTTPServer(("127.0.0.1", port), Health).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
