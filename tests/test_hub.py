"""Downloads from a hub on this machine, and hubs that do not answer."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import constants

from core import checkpoints, hub
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from tests.hub_server import COMMIT, Hub

SOURCE = "someone/tiny-clip"
WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
FILES = {
    "config.json": b'{"model_type": "clip"}',
    "README.md": b"words",
    "flax_model.msgpack": b"not wanted" * 1000,
    "model.safetensors": WEIGHTS,
    "onnx/model.onnx": b"not wanted",
    "pytorch_model.bin": b"not wanted" * 1000,
    "tokenizer.json": b"{}",
    "vocab.txt": b"a\nb\n",
}
WANTED = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]
SIZE = sum(len(FILES[name]) for name in WANTED)
CHECKPOINT = Checkpoint("tiny", "clip", "CLIP", SOURCE, "Tiny CLIP", 1, "none")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path / "hub"


@pytest.fixture
def server(cache, monkeypatch):
    server = Hub(SOURCE, dict(FILES))
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    yield server
    server.shutdown()
    server.socket.close()


def partial(cache):
    return next(cache.rglob("*.incomplete"), None)


def test_a_download_tells_its_bytes_and_lies_where_the_hubs_library_looks(server, cache):
    assert not hub.is_here(CHECKPOINT) and hub.disk_bytes(CHECKPOINT) == 0
    with pytest.raises(LoupeError, match=r"Tiny CLIP is not on this machine yet\. Download it first \(1 MB\)"):
        hub.folder(CHECKPOINT)
    steps = list(hub.download(CHECKPOINT))
    assert steps[-1] == hub.Download(SIZE, SIZE, "") and steps[0].total == SIZE
    assert all(earlier.done <= later.done for earlier, later in pairwise(steps))
    assert hub.is_here(CHECKPOINT) and hub.disk_bytes(CHECKPOINT) == SIZE + len(COMMIT)
    folder = hub.folder(CHECKPOINT)
    assert sorted(file.name for file in folder.iterdir()) == WANTED and folder.name == COMMIT
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    theirs = huggingface_hub.snapshot_download(SOURCE, local_files_only=True, cache_dir=cache)
    assert Path(theirs) == folder
    repository = next(iter(huggingface_hub.scan_cache_dir(cache).repos))
    assert repository.repo_id == SOURCE and repository.size_on_disk == SIZE
    asked = len(server.asked)
    assert list(hub.download(CHECKPOINT)) == [] and len(server.asked) == asked, "it is here: nothing is asked"


def test_its_version_is_that_of_what_was_fetched(server):
    before = CHECKPOINT.version
    list(hub.download(CHECKPOINT))
    assert CHECKPOINT.version != before


def test_progress_comes_while_a_file_is_on_its_way(server):
    server.slow = 0.02
    steps = list(hub.download(CHECKPOINT))
    between = [step for step in steps if 0 < step.done < SIZE and step.file == "model.safetensors"]
    assert len(between) >= 3


def test_closing_stops_it_and_the_next_one_goes_on_from_there(server, cache):
    server.slow = 0.02
    progress = hub.download(CHECKPOINT)
    while next(progress).done < 200_000:
        pass
    begin = time.monotonic()
    progress.close()
    assert time.monotonic() - begin < 1.5
    have = partial(cache).stat().st_size
    time.sleep(0.2)
    assert 200_000 <= partial(cache).stat().st_size == have < len(WEIGHTS), "it goes on after it was stopped"
    assert not hub.is_here(CHECKPOINT)
    server.slow, server.asked = 0.0, []
    steps = list(hub.download(CHECKPOINT))
    assert steps[0].done >= have and ("model.safetensors", f"bytes={have}-") in server.asked
    assert (hub.folder(CHECKPOINT) / "model.safetensors").read_bytes() == WEIGHTS


def test_it_can_be_closed_while_the_hub_is_silent(server):
    server.slow = 60
    progress = hub.download(CHECKPOINT)
    next(progress)
    next(progress)
    begin = time.monotonic()
    progress.close()
    assert time.monotonic() - begin < 1.5


def test_a_broken_connection_is_taken_up_again(server):
    server.break_after = 300_000
    steps = list(hub.download(CHECKPOINT))
    assert steps[-1].done == SIZE and [name for name, _ in server.asked].count("model.safetensors") == 2
    assert server.asked[-1][1].startswith("bytes=") or server.asked[-2][1].startswith("bytes=")


def test_a_hub_that_knows_no_ranges_begins_again(server, cache):
    server.slow = 0.02
    progress = hub.download(CHECKPOINT)
    while next(progress).done < 100_000:
        pass
    progress.close()
    server.slow, server.ranges = 0.0, False
    assert list(hub.download(CHECKPOINT))[-1].done == SIZE
    assert (hub.folder(CHECKPOINT) / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_what_arrives_damaged_is_not_kept(server, cache, name):
    true = FILES[name]
    server.lies[name] = bytes([true[0] ^ 1]) + true[1:]
    with pytest.raises(LoupeError, match=f"{name} of {SOURCE} arrived damaged"):
        list(hub.download(CHECKPOINT))
    assert not hub.is_here(CHECKPOINT) and partial(cache) is None
    server.lies = {}
    assert list(hub.download(CHECKPOINT))[-1].done == SIZE


def test_pickled_weights_are_fetched_for_rows_of_the_catalogue_alone(server, monkeypatch):
    del server.files["model.safetensors"]
    with pytest.raises(LoupeError, match="has nothing that can be opened here"):
        list(hub.download(CHECKPOINT))
    monkeypatch.setattr(hub, "rows", lambda: {"tiny": CHECKPOINT})
    list(hub.download(CHECKPOINT))
    assert (hub.folder(CHECKPOINT) / "pytorch_model.bin").exists()


def test_one_download_of_a_checkpoint_at_a_time(server):
    server.slow = 0.02
    progress = hub.download(CHECKPOINT)
    next(progress)
    with pytest.raises(LoupeError, match="being downloaded or removed already"):
        list(hub.download(CHECKPOINT))
    with pytest.raises(LoupeError, match="being downloaded or removed already"):
        hub.remove(CHECKPOINT)
    progress.close()
    hub.remove(CHECKPOINT)


def test_removing_frees_the_disk(server, cache):
    list(hub.download(CHECKPOINT))
    assert hub.remove(CHECKPOINT) == SIZE + len(COMMIT)
    assert not hub.is_here(CHECKPOINT) and hub.disk_bytes(CHECKPOINT) == 0
    assert hub.remove(CHECKPOINT) == 0


def test_what_was_not_downloaded_is_not_removed(tmp_path):
    mine = Checkpoint("mine", "clip", "CLIP", str(tmp_path), "Mine", 1, "none")
    with pytest.raises(LoupeError, match="Only downloads can be removed"):
        hub.remove(mine)


def test_a_full_disk_is_said_before_anything_is_fetched(server, monkeypatch):
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda place: SimpleNamespace(free=SIZE))
    with pytest.raises(LoupeError, match="too little room for Tiny CLIP"):
        list(hub.download(CHECKPOINT))
    assert [name for name, _ in server.asked] == ["main"]


@pytest.mark.parametrize(
    ("status", "said"), [(404, "shows no 'someone"), (401, "shows no 'someone"), (503, "answered 503")]
)
def test_refusals_of_the_hub(server, status, said):
    server.status = status
    with pytest.raises(LoupeError, match=said):
        list(hub.download(CHECKPOINT))


def test_a_hub_id_of_the_users_is_registered_downloaded_and_found(server, monkeypatch):
    monkeypatch.setattr(checkpoints, "_registered", {})
    found = checkpoints.register(SOURCE)
    assert found.family == "clip" and found.megabytes == pytest.approx(SIZE / 1e6)
    assert checkpoints.find(SOURCE) is found and checkpoints.register(SOURCE) is found
    list(hub.download(found))
    assert hub.is_here(found)


def refused():
    """An endpoint that refuses: a port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        return f"http://127.0.0.1:{held.getsockname()[1]}"


def silent():
    """An endpoint that takes connections and never answers, and the socket to keep it."""
    held = socket.create_server(("127.0.0.1", 0), backlog=16)
    return f"http://127.0.0.1:{held.getsockname()[1]}", held


def test_a_hub_that_refuses_is_said_at_once(cache, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", refused())
    begin = time.monotonic()
    with pytest.raises(LoupeError, match=r"cannot be reached \(.*refused.*\)"):
        list(hub.download(CHECKPOINT))
    assert time.monotonic() - begin < 2


def test_a_hub_that_is_silent_is_said_within_five_seconds(cache, monkeypatch):
    endpoint, held = silent()
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with closing(held):
        for ask in (lambda: list(hub.download(CHECKPOINT)), lambda: checkpoints.register(SOURCE)):
            begin = time.monotonic()
            with pytest.raises(LoupeError, match="cannot be reached"):
                ask()
            assert time.monotonic() - begin < 5


def never(*_, **__):
    time.sleep(6)
    raise socket.gaierror("no such name")


def test_a_name_that_is_never_looked_up_is_said_within_five_seconds(cache, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", never)
    begin = time.monotonic()
    with pytest.raises(LoupeError, match="no answer within"):
        list(hub.download(CHECKPOINT))
    assert time.monotonic() - begin < 5


def test_switched_off_it_is_not_asked(server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(LoupeError, match="switched off"):
        list(hub.download(CHECKPOINT))
    assert server.asked == []


@pytest.mark.parametrize("environment", ["HF_ENDPOINT refused", "HF_ENDPOINT silent", "HF_HUB_OFFLINE"])
def test_from_the_command_line_too(environment, tmp_path):
    """As a user meets it: only the environment says where the hub is."""
    endpoint, held = silent()
    values = {
        "HF_ENDPOINT refused": {"HF_ENDPOINT": refused()},
        "HF_ENDPOINT silent": {"HF_ENDPOINT": endpoint},
        "HF_HUB_OFFLINE": {"HF_HUB_OFFLINE": "1"},
    }
    program = f"""
import time
from core import hub
from core.checkpoints import register
from core.errors import LoupeError
begin = time.monotonic()
try:
    register("{SOURCE}")
except LoupeError as error:
    print(error)
print(time.monotonic() - begin < 5)
"""
    with closing(held):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"HF_HOME": str(tmp_path)} | values[environment],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    message, quick = done.stdout.splitlines()
    assert quick == "True" and ("switched off" in message or "cannot be reached" in message)


PIPELINE = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "scheduler/scheduler_config.json": b"{}",
    "text_encoder/config.json": b"{}",
    "text_encoder/model.safetensors": WEIGHTS,
    "tokenizer/vocab.json": b"{}",
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS[1:],
    "unet/diffusion_pytorch_model.fp16.safetensors": b"not wanted",
    "unet/diffusion_pytorch_model.bin": b"not wanted",
    "safety_checker/config.json": b"not wanted",
    "safety_checker/model.safetensors": b"not wanted",
    "whole-thing.safetensors": b"not wanted",
}
# A tower in shards, a sentencepiece tokenizer, and an autoencoder of films that is not asked for.
LATTE = {
    "model_index.json": b'{"_class_name": "LattePipeline"}',
    "scheduler/scheduler_config.json": b"{}",
    "text_encoder/config.json": b"{}",
    "text_encoder/model.safetensors.index.json": b"""{"weight_map": {"a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors"}}""",
    "text_encoder/model-00001-of-00002.safetensors": WEIGHTS,
    "text_encoder/model-00002-of-00002.safetensors": WEIGHTS[2:],
    "tokenizer/spiece.model": b"words",
    "tokenizer/tokenizer_config.json": b"{}",
    "transformer/config.json": b"{}",
    "transformer/diffusion_pytorch_model.safetensors": WEIGHTS[1:],
    "vae/config.json": b"{}",
    "vae/diffusion_pytorch_model.safetensors": WEIGHTS[3:],
    "vae_temporal_decoder/config.json": b"not wanted",
    "vae_temporal_decoder/diffusion_pytorch_model.safetensors": b"not wanted",
}


@pytest.mark.parametrize(
    ("files", "kind", "network"),
    [(PIPELINE, "StableDiffusionPipeline", "unet"), (LATTE, "LattePipeline", "transformer")],
    ids=["pictures", "films"],
)
def test_of_a_pipeline_each_network_is_fetched_and_needed(files, kind, network, cache, monkeypatch):
    server = Hub(SOURCE, files)
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    assert hub.config(SOURCE)["_class_name"] == kind
    *_, last = hub.download(CHECKPOINT)
    wanted = {name: content for name, content in files.items() if content != b"not wanted"}
    folder = hub.folder(CHECKPOINT)
    here = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert here == set(wanted) and last.total == sum(map(len, wanted.values()))
    assert hub.is_here(CHECKPOINT) and not hub.is_pickled(folder)
    (folder / network / "diffusion_pytorch_model.safetensors").unlink()
    assert not hub.is_here(CHECKPOINT)
    server.shutdown()
    server.socket.close()


KANDINSKY = {
    "model_index.json": b'{"_class_name": "KandinskyV22PriorPipeline"}',
    "image_encoder/config.json": b"{}",
    "image_encoder/model.safetensors": WEIGHTS[3:],
    "image_processor/preprocessor_config.json": b"{}",
    "prior/config.json": b"{}",
    "prior/diffusion_pytorch_model.safetensors": WEIGHTS[1:],
    "scheduler/scheduler_config.json": b"{}",
    "text_encoder/config.json": b"{}",
    "text_encoder/model.safetensors": WEIGHTS[2:],
    "text_encoder/pytorch_model.bin": b"not wanted",
    "tokenizer/merges.txt": b"",
    "tokenizer/vocab.json": b"{}",
    "movq/config.json": b"{}",
    "movq/diffusion_pytorch_model.safetensors": WEIGHTS,
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS[4:],
}


@pytest.mark.parametrize("parts", [("unet", "movq"), ("prior", "text_encoder", "tokenizer", "image_")])
def test_all_that_kandinsky_needs_is_fetched(parts, cache, monkeypatch):
    common = ("model_index", "scheduler")
    files = {name: content for name, content in KANDINSKY.items() if name.startswith((*common, *parts))}
    server = Hub(SOURCE, files)
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    list(hub.download(CHECKPOINT))
    folder = hub.folder(CHECKPOINT)
    here = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert here == {name for name, content in files.items() if content != b"not wanted"}
    server.shutdown()
    server.socket.close()


def test_of_a_diffusion_transformer_the_listed_pickles_are_fetched(cache, monkeypatch):
    """As facebook/DiT-XL-2-256 lies there: no text, its network in a folder of its own."""
    row = checkpoints.rows()["dit-xl-2-256"]
    files = {
        "model_index.json": b'{"_class_name": "DiTPipeline", "id2label": {"0": "tench"}}',
        "scheduler/scheduler_config.json": b"{}",
        "transformer/config.json": b"{}",
        "transformer/diffusion_pytorch_model.bin": WEIGHTS,
        "vae/config.json": b"{}",
        "vae/diffusion_pytorch_model.bin": WEIGHTS[2:],
    }
    server = Hub(row.source, files)
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    *_, last = hub.download(row)
    folder = hub.folder(row)
    here = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert here == set(files) and last.total == sum(map(len, files.values())) and hub.is_pickled(folder)
    server.shutdown()
    server.socket.close()
