"""The real app on a free port, and the browser that looks at it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHROMIUM = os.environ.get("LOUPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
]
START = 180.0
"""Seconds that a start may take on a machine busy with the other tests."""


@dataclass
class Running:
    """A started app: where it answers, and what it has printed."""

    address: str
    process: subprocess.Popen | None
    lines: list[str]

    def printed(self) -> str:
        return "\n".join(self.lines)


def start(*arguments: str, home: Path, program: Sequence[str] = ("app.py",), **environment: str) -> Running:
    """Starts app.py, or another program for Python, on a free port and waits until its page answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *program, "--port", str(port), *arguments]
    variables = os.environ | {"LOUPE_HOME": str(home), "HF_HUB_OFFLINE": "1", "GRADIO_SERVER_PORT": str(port)}
    variables["OMP_NUM_THREADS"] = (
        "1"  # beside other tests, threads that wait for each other would keep the cores busy
    )
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    running = Running(f"http://127.0.0.1:{port}", process, [])
    assert process.stdout
    output = process.stdout

    def read() -> None:
        running.lines.extend(line.rstrip() for line in output)

    threading.Thread(target=read, daemon=True).start()
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(running.address, timeout=START) as answer:
                assert answer.status == 200
            return running
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    stop(running)
    raise AssertionError(f"The app did not start:\n{running.printed()}")


def stop(running: Running) -> None:
    if running.process is None:
        return
    running.process.terminate()
    try:
        running.process.wait(15)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
