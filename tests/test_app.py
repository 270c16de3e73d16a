"""The command line, started as a user starts it."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from tests.running import ROOT, START, start, stop


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"LOUPE_HOME": str(home), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=START,
    )


def fetch(address: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(address, timeout=START) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_the_page_answers_and_its_address_is_printed(running):
    status, headers, body = fetch(running.address)
    assert status == 200 and b"Loupe" in body and headers["x-content-type-options"] == "nosniff"
    if running.process:
        assert f"Loupe is at {running.address}" in running.printed()


def test_a_port_in_use_is_said_in_one_line_with_the_remedy(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port), home=tmp_path)
    assert ended.returncode == 1 and ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert f"{port} is in use" in ended.stderr and f"--port {port + 1}" in ended.stderr


@pytest.mark.parametrize("option", ["--library", "--checkpoint"])
def test_a_wrong_path_is_said_without_a_traceback(tmp_path, option):
    ended = run("--port", "0", option, str(tmp_path / "nowhere"), home=tmp_path)
    assert ended.returncode == 1 and "nowhere" in ended.stderr and "Traceback" not in ended.stderr


def test_a_folder_of_pictures_is_served(tmp_path):
    folder = tmp_path / "my pictures"
    folder.mkdir()
    Image.new("RGB", (30, 20), "red").save(folder / "a red field.png")
    app = start("--library", str(folder), home=tmp_path / "home")
    try:
        config = fetch(f"{app.address}/config")[2]
        assert b'"my pictures"' in config
    finally:
        stop(app)


def test_on_spaces_the_page_has_the_same_routes_and_limits(tmp_path):
    app = start(home=tmp_path, SPACE_ID="someone/loupe", GRADIO_SERVER_NAME="127.0.0.1")
    try:
        status, headers, body = fetch(f"{app.address}/loupe/static/page.js")
        assert status == 200 and body == (ROOT / "webapp" / "static" / "page.js").read_bytes()
        assert "https://huggingface.co" in headers["content-security-policy"]
        assert fetch(f"{app.address}/pwa_icon/12000")[2].startswith((b"<svg", b"{"))
        assert fetch(f"{app.address}/openapi.json")[0] == 404
        assert fetch(f"{app.address}/loupe/picture/example:apple")[0] == 200
        assert "loupe-own=" in fetch(f"{app.address}/loupe/own/collections")[1]["set-cookie"]
    finally:
        stop(app)
