"""What is acknowledged is whole on the disk; what is damaged is found."""

import errno
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core import store
from core.errors import LoupeError

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LOUPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


class Counted:
    """A computation that counts its calls."""

    def __init__(self, **arrays):
        self.arrays, self.calls = arrays, 0

    def __call__(self):
        self.calls += 1
        return self.arrays


def test_home_is_named_or_the_platforms(monkeypatch, tmp_path):
    assert store.home() == tmp_path / "home"
    monkeypatch.delenv("LOUPE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    monkeypatch.setattr(sys, "platform", "linux")
    assert store.home() == Path("/caches/loupe")


def test_arrays_are_computed_once_and_come_back_the_same():
    given = {
        "half": np.arange(6, dtype=np.float16).reshape(2, 3).T,
        "none": np.zeros((0, 4), np.float32),
        "one": np.array(3.5),
        "flags": np.array([True, False]),
        "numbers": np.arange(5)[::-2],
    }
    compute = Counted(**given)
    for _ in range(3):
        found = store.stored("a key: with / anything", compute)
        for name, array in given.items():
            assert found[name].dtype == array.dtype and found[name].shape == array.shape
            assert (found[name] == array).all()
    assert compute.calls == 1


def test_keys_alike_in_their_letters_are_apart():
    assert store.stored("a/b", Counted(x=np.zeros(1)))["x"] == 0
    assert store.stored("a-b", Counted(x=np.ones(1)))["x"] == 1


def test_a_flipped_bit_anywhere_is_found(home, caplog):
    class Noticed(Exception):
        pass

    def compute():
        raise Noticed

    store.stored("key", Counted(x=np.arange(3, dtype=np.float32)))
    (file,) = files(home)
    whole = file.read_bytes()
    for bit in range(0, len(whole) * 8, 3):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        with pytest.raises(Noticed):
            store.stored("key", compute)
    assert "damaged" in caplog.text
    assert (store.stored("key", Counted(x=np.arange(3, dtype=np.float32)))["x"] == [0, 1, 2]).all()
    assert file.read_bytes() == whole


@pytest.mark.parametrize("length", [0, 5, 32, 40])
def test_a_file_cut_short_is_computed_anew(home, length):
    compute = Counted(x=np.arange(3))
    store.stored("key", compute)
    (file,) = files(home)
    file.write_bytes(file.read_bytes()[:length])
    assert (store.stored("key", compute)["x"] == [0, 1, 2]).all()
    assert compute.calls == 2


def test_a_failed_computation_leaves_nothing(home):
    with pytest.raises(ZeroDivisionError):
        store.stored("key", lambda: {"x": np.array(1 // 0)})
    assert not files(home)
    assert store.stored("key", Counted(x=np.ones(1)))["x"] == 1


def test_threads_wait_for_the_first():
    calls = []

    def compute():
        calls.append(1)
        time.sleep(0.05)
        return {"x": store.stored("inner", Counted(x=np.ones(2)))["x"] * 2}

    found = []
    threads = [threading.Thread(target=lambda: found.append(store.stored("key", compute)["x"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and len(found) == 8 and all((x == 2).all() for x in found)


def test_uploads_come_back_by_their_hash():
    name = store.keep(b"picture")
    assert name == hashlib.sha256(b"picture").hexdigest() == store.keep(b"picture")
    assert store.kept(name) == b"picture"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_name_that_is_no_hash_reaches_no_file(name):
    with pytest.raises(LoupeError, match="does not name an upload"):
        store.kept(name)


def test_a_damaged_upload_is_said_and_mended_by_keeping_it_again(home):
    name = store.keep(b"picture")
    (file,) = files(home)
    for bit in range(0, 7 * 8, 5):
        damaged = bytearray(b"picture")
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        with pytest.raises(LoupeError, match="damaged"):
            store.kept(name)
        assert store.keep(b"picture") == name and store.kept(name) == b"picture"
    file.write_bytes(b"")
    assert store.keep(b"picture") == name and store.kept(name) == b"picture"


def test_uploads_go_30_days_after_their_last_use(home):
    old, used, fresh = (store.keep(data) for data in (b"old", b"used", b"fresh"))
    draft = home / "arrays" / ".x.draft"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    store.stored("vectors", Counted(x=np.ones(1)))

    def age(name, days):
        then = time.time() - days * store.DAY
        os.utime(name if isinstance(name, Path) else home / "uploads" / name, (then, then))

    for name, days in ((old, 31), (used, 29), (draft, 2)):
        age(name, days)
    for array in (home / "arrays").glob("vectors*"):
        age(array, 300)
    assert store.kept(used) == b"used"
    assert time.time() - (home / "uploads" / used).stat().st_mtime < 100
    age(used, 29)
    assert store.keep(b"used") == used
    with pytest.raises(LoupeError, match="30 days"):
        store.kept(old)
    assert store.sweep() == 2
    assert not draft.exists() and len(list((home / "arrays").glob("vectors*"))) == 1
    assert store.kept(used) == b"used" and store.kept(fresh) == b"fresh"
    assert time.time() - (home / "uploads" / used).stat().st_mtime < 100
    with pytest.raises(LoupeError, match="Upload the file once more"):
        store.kept(old)


def test_a_file_has_its_name_only_when_it_is_whole(home, monkeypatch):
    store.write(home / "file", b"old")
    synced, seen = os.fsync, []

    def fsync(handle):
        seen.append((home / "file").read_bytes())
        synced(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store.write(home / "file", b"new")
    assert seen == [b"old", b"new"]  # before the data are on the disk, and before the folder is

    def replace(self, target):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(LoupeError, match="broken"):
        store.write(home / "file", b"newer")
    assert [path.read_bytes() for path in files(home)] == [b"new"]


def full_disk(monkeypatch, free: int, code: int = errno.ENOSPC):
    def fsync(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free}))


def test_a_full_disk_says_how_much_is_missing_and_where(home, monkeypatch):
    store.keep(b"before")
    with monkeypatch.context() as patch:
        full_disk(patch, free=1_000_000)
        with pytest.raises(LoupeError, match=r"of 3\.0 MB .*uploads, 2\.0 MB have no room"):
            store.keep(bytes(3_000_000))
        with pytest.raises(LoupeError, match=r"of 8\.0 MB .*arrays, 7\.0 MB"):
            store.stored("key", Counted(x=np.zeros(1_000_000)))
    with monkeypatch.context() as patch:
        full_disk(patch, free=10**12, code=errno.EDQUOT)
        with pytest.raises(LoupeError, match=r"3\.0 MB could not be written .*LOUPE_HOME"):
            store.keep(bytes(3_000_000))
    assert [path.read_bytes() for path in files(home)] == [b"before"]
    assert store.kept(store.keep(b"after")) == b"after"


def test_a_write_that_the_system_cuts_short(home):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(LoupeError, match=r"0\.2 MB could not be written to .*uploads \(File too large\)"):
            store.keep(bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not files(home)


def test_a_home_that_is_a_file(home):
    home.write_text("not a folder")
    with pytest.raises(LoupeError, match="LOUPE_HOME"):
        store.keep(b"x")


WRITER = """if True:
    import sys
    import numpy as np
    from core import store
    number = int(sys.argv[1])
    while True:
        number += 1
        data = bytes([number % 251]) * 300_000 + str(number).encode()
        print("keep", store.keep(data), flush=True)
        store.stored(f"shard {number % 7}", lambda: {"x": np.full(100_000, number % 7)})
        print("shard", number % 7, flush=True)
"""


def kill_writers(home: Path, kills: int) -> int:
    """Kills writers at random moments; every acknowledged file must read back. The number acknowledged."""
    chance, acknowledged = random.Random(0), set()
    for kill in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(kill * 10_000)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        acknowledged.add(writer.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged |= {line.strip() for line in writer.communicate()[0].splitlines(keepends=True) if "\n" in line}
        for line in acknowledged:
            kind, name = line.split()
            if kind == "keep":
                assert len(store.kept(name)) > 300_000
            else:
                compute = Counted(x=np.zeros(0))
                assert (store.stored(f"shard {name}", compute)["x"] == int(name)).all() and not compute.calls
    for path in files(home):  # whatever stands under its name is whole, acknowledged or not
        if path.parent.name == "uploads" and path.suffix != ".draft":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return len(acknowledged)


def test_nothing_acknowledged_is_lost_when_killed(home):
    assert kill_writers(home, 2) >= 2


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_when_killed_20_times(home):
    assert kill_writers(home, 20) > 100
