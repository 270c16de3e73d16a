"""The server against a live connection: who may ask what, and what the answers carry."""

import http.client
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import gradio as gr
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn
from PIL import Image

from core.images import MOST_BYTES
from core.library import Library
from webapp import guard, routes, server
from webapp.translations import STATIC


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Live:
    port: int

    def ask(self, method: str, path: str, body=None, /, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = body is not None and not isinstance(body, bytes)
        try:
            connection.request(method, path, body, named, encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)


def served(**options) -> Iterator[Live]:
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.Markdown("A page")
    app = server.create_app(demo, **options)
    serving = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        assert thread.is_alive()
    yield Live(serving.servers[0].sockets[0].getsockname()[1])
    serving.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOUPE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def live(home):
    yield from served()


@pytest.fixture(scope="module")
def public(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "WRITES_A_MINUTE", 12)
        yield from served(public=True)


def png(*extra: bytes, size=(40, 30)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(stream, "PNG")
    return b"".join([stream.getvalue(), *extra])


# -- the guard


@pytest.mark.parametrize("path", ["/", "/config", "/loupe/static/page.js", "/loupe/data/none", "/no/such/page"])
def test_every_answer_carries_the_safe_headers(live, path):
    headers = live.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy and "object-src 'none'" in policy
    assert "http" not in policy


def test_the_page_of_another_site_may_neither_read_nor_write(live):
    other = {"Origin": "https://other.example"}
    assert live.get("/config", **other).headers["Access-Control-Allow-Origin"] is None
    assert live.ask("POST", "/loupe/upload", png(), **other).status == 403
    assert live.ask("POST", "/gradio_api/queue/join", b"{}", **other).status == 403
    assert live.ask("POST", "/loupe/upload", png(), Origin="null").status == 403


def test_the_page_itself_and_scripts_may_write(live):
    own = {"Origin": f"http://127.0.0.1:{live.port}"}
    assert "reference" in json.loads(live.ask("POST", "/loupe/upload", png(), **own).body)
    assert "reference" in json.loads(live.ask("POST", "/loupe/upload", png()).body)


def test_another_name_for_this_machine_is_refused_unless_it_is_public(live, public):
    name = {"Host": f"rebound.example:{live.port}"}
    assert live.get("/", **name).status == 421
    assert live.get("/", Host=f"localhost:{live.port}").status == 200
    assert public.get("/", Host="loupe.example").status == 200


def test_a_large_body_is_refused_before_it_is_read_and_while_it_is_read(live):
    small = live.ask("POST", "/loupe/upload", b"", Content_Length=str(server.MOST_BODY + 1))
    assert small.status == 413
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    parts = (start if i == 0 else b"0" * 2**20 for i in range(24))
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        streamed = live.ask("POST", "/gradio_api/upload", parts, **kind).status
    except (BrokenPipeError, ConnectionResetError):  # the server hung up while we were still sending
        streamed = 413
    assert streamed == 413


def test_the_largest_picture_still_passes(live):
    answer = live.ask("POST", "/loupe/upload", png(b"\0" * (MOST_BYTES - 1000)))
    assert answer.status == 200 and "reference" in json.loads(answer.body)


def test_strangers_may_write_only_so_often(public):
    states = [public.ask("POST", "/loupe/upload", b"").status for _ in range(20)]
    assert states[:6] == [200] * 6 and 429 in states
    assert public.get("/loupe/static/page.js").status == 200


def test_a_bucket_fills_again_and_forgets_the_oldest(monkeypatch):
    now = 100.0
    monkeypatch.setattr(guard.time, "monotonic", lambda: now)
    monkeypatch.setattr(guard, "CLIENTS", 2)
    bucket = guard.Bucket(60)
    assert sum(bucket.take("a") for _ in range(40)) == 30
    assert bucket.take("b")
    now += 5
    assert sum(bucket.take("a") for _ in range(40)) == 5
    assert bucket.take("c")
    assert len(bucket._left) == 2 and "b" not in bucket._left


# -- gradio's settings


def test_gradio_is_set_to_be_quiet_and_bounded(live):
    config = json.loads(live.get("/config").body)
    assert config["analytics_enabled"] is False and config["max_file_size"] == 20 * 2**20
    assert config.get("run_history", False) is False
    assert all(one["show_progress_on"] == [] for one in config["dependencies"] if one["outputs"])
    assert live.get("/pwa_icon/12000").body == server.ICON
    for path in ("/docs", "/redoc", "/openapi.json", "/monitoring/summary"):
        assert live.get(path).status in (401, 403, 404), path


def test_the_icon_is_our_own(live):
    answer = live.get("/favicon.ico")
    assert answer.headers["Content-Type"] == "image/svg+xml" and answer.body == server.ICON


# -- the routes


def test_a_static_file_is_packed_and_asked_after_by_its_hash(live):
    whole = live.get("/loupe/static/plotly.min.js")
    packed = live.get("/loupe/static/plotly.min.js", Accept_Encoding="gzip")
    assert len(whole.body) > 4_000_000 and len(packed.body) < len(whole.body) / 2
    again = live.get("/loupe/static/plotly.min.js", If_None_Match=whole.headers["ETag"])
    assert again.status == 304 and not again.body
    assert live.get("/loupe/static/style.css").body == (STATIC / "style.css").read_bytes()


@pytest.mark.parametrize(
    "name", ["none.js", "../ui.py", "..%2Fui.py", "%2E%2E/ui.py", "/etc/passwd", "%2Fetc%2Fpasswd", "fonts", ""]
)
def test_no_other_file_is_served(live, name):
    answer = live.get(f"/loupe/static/{name}")
    assert answer.status == 404 and b"gradio" not in answer.body.lower().replace(b"gradio_api", b"")


def test_an_upload_comes_back_as_pixels_alone(live):
    reference = json.loads(live.ask("POST", "/loupe/upload", png(b"<script>alert(1)</script>")).body)["reference"]
    answer = live.get(f"/loupe/picture/{quote(reference, safe='')}")
    assert answer.headers["Content-Type"] == "image/png" and b"script" not in answer.body
    assert Image.open(io.BytesIO(answer.body)).getpixel((0, 0)) == (200, 30, 30)


def test_what_is_no_picture_is_refused_in_the_readers_language(live):
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    english = json.loads(live.ask("POST", "/loupe/upload", drawing).body)
    assert set(english) == {"error"} and "SVG" in english["error"]


@pytest.mark.parametrize("reference", ["example:cat", "example%3Acat"])
def test_an_example_is_found(live, reference):
    answer = live.get(f"/loupe/picture/{reference}")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.body)).mode == "RGB"


@pytest.mark.parametrize(
    "reference",
    [
        "example:none",
        "example:../README",
        "library:clipart/none",
        "library:none/1",
        "upload:" + "0" * 64,
        "x",
        "a:b",
    ],
)
def test_a_picture_that_is_not_there_is_not_found(live, reference):
    assert live.get(f"/loupe/picture/{quote(reference)}").status == 404


def test_thumbnails_by_any_name(live, tmp_path):
    names = ["苹果 1", "a/b?c#d%e", "../x"]
    file = tmp_path / "我的 图片.parquet"
    pictures = [{"bytes": png(size=(20 + i, 20)), "path": None} for i in range(len(names))]
    pq.write_table(pa.table({"image": pictures, "id": names}), file)
    library = Library.at(file)
    for i, name in enumerate(names):
        answer = live.get(f"/loupe/thumbnail/{quote(library.name, safe='')}/{quote(name, safe='')}")
        assert answer.status == 200, name
        assert answer.headers["Content-Type"] == "image/png" and "max-age" in answer.headers["Cache-Control"]
        assert Image.open(io.BytesIO(answer.body)).width == 20 + i
        tag = {"If_None_Match": answer.headers["ETag"]}
        assert live.get(f"/loupe/thumbnail/{quote(library.name)}/{quote(name, safe='')}", **tag).status == 304
    assert live.get(f"/loupe/thumbnail/{quote(library.name)}/none").status == 404


def test_published_data_arrive_unchanged_for_good(live):
    numbers = np.arange(1000, dtype=np.float32).tobytes()
    answer = live.get(routes.publish(numbers))
    assert answer.body == numbers and "immutable" in answer.headers["Cache-Control"]
    assert routes.publish(numbers) == routes.publish(numbers) != routes.publish(numbers, "image/png")


def test_the_table_of_published_data_is_bounded(live, monkeypatch):
    monkeypatch.setattr(routes, "PUBLISHED_BYTES", 1000)
    first, second = (routes.publish(bytes([i]) * 400) for i in (1, 2))
    assert live.get(first).status == 200  # used last now
    third = routes.publish(b"\3" * 400)
    assert [live.get(url).status for url in (first, second, third)] == [200, 404, 200]
