"""Twenty times killed while it indexes: what was said to be done is on the disk, and the next start goes on from it."""

import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from core.library import Library
from core.store import CHECKSUM, _read_arrays
from core.vectors import SHARD
from tests.colours import own_folders
from tests.running import ROOT

PICTURES = 6 * SHARD
KILLS = 20


@pytest.fixture
def folder(tmp_path, monkeypatch):
    own_folders(tmp_path, monkeypatch)
    made = tmp_path / "pictures"
    made.mkdir()
    noise = np.random.default_rng(1)
    for number in range(PICTURES):
        pixels = noise.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).resize((24, 24)).save(made / f"{number:05}.png")
    return made


def indexing(folder):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "core", "index", str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def whole(home):
    """The shards on the disk, each read through its checksum."""
    files = [file for file in (home / "arrays").glob("image-of-*") if not file.name.endswith(".draft")]
    for file in files:
        assert file.stat().st_size > CHECKSUM and _read_arrays(file) is not None, file
    return len(files)


@pytest.mark.soak
def test_nothing_that_was_said_to_be_done_is_lost(folder, tmp_path):
    noise, shards, pictures = np.random.default_rng(7), 0, 0
    for kill in range(KILLS):
        process = indexing(folder)
        threading.Timer(float(noise.uniform(1.0, 12.0)), process.kill).start()
        said = process.communicate()[0]
        assert "Traceback" not in said, said
        # A shard is said to be begun when the one before it is on the disk.
        embedded = [int(number) for number in re.findall(r"pictures embedded: (\d+) of", said)]
        now = whole(tmp_path / "home")
        assert now >= shards, f"kill {kill}: {shards} shards became {now}"
        assert now >= max(((number - 1) // SHARD for number in embedded), default=0), said
        if shards and embedded:
            assert min(embedded) > shards * SHARD, f"kill {kill}: it began anew at {min(embedded)}"
        shards = now
        if re.search(rf": {PICTURES} pictures$", said, re.M):
            pictures = PICTURES
        if pictures:
            assert len(Library.open("pictures")) == PICTURES
    process = indexing(folder)
    assert "done:" in process.communicate(timeout=600)[0] and process.returncode == 0
    assert whole(tmp_path / "home") == PICTURES // SHARD
