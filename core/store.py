"""The store: crash-safe, checksummed files that are read through, and uploads kept for a while.

A file stands under its name only when it is whole on the disk, and starts with the sha256 of the rest, because
arrays with flipped bits load without complaint. A cached file that is missing or damaged is computed anew.
"""

import errno
import hashlib
import logging
import os
import re
import secrets
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from core.errors import LoupeError

log = logging.getLogger(__name__)

KEPT_DAYS = 30
DAY = 86_400.0
CHECKSUM = hashlib.sha256().digest_size
HASH = re.compile(r"[0-9a-f]{64}")

_guard = threading.Lock()
_locks: weakref.WeakValueDictionary[str, threading.Lock] = weakref.WeakValueDictionary()


def home() -> Path:
    """The folder of everything kept: LOUPE_HOME, or the platform's folder for caches."""
    if named := os.environ.get("LOUPE_HOME"):
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "loupe"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "loupe"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loupe"


def stored(key: str, compute: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The named arrays of this key, computed when they are not there or damaged.

    Threads that ask for one key wait for the first; processes may compute it twice, and either file is whole.
    ``compute`` may call ``stored`` with another key. Raises LoupeError where the disk is full or not writable.
    """
    path = home() / "arrays" / f"{re.sub(r'[^a-z0-9]+', '-', key.lower())[:60]}-{_sha256(key.encode())[:16]}"
    with _lock(str(path)):
        arrays = _read_arrays(path)
        if arrays is None:
            payload = save({name: np.asarray(array, order="C") for name, array in compute().items()})
            write(path, hashlib.sha256(payload).digest() + payload)
            arrays = load(payload)
        return arrays


def write(path: Path, data: bytes) -> None:
    """Puts a file in place whole. Raises LoupeError as ``draft`` does."""
    with draft(path, lambda: len(data)) as file:
        file.write_bytes(data)


@contextmanager
def draft(path: Path, size: Callable[[], int]) -> Iterator[Path]:
    """A file to write beside ``path``, put in its place after the block: then it survives a crash, whole.

    Until then, and when the block raises, what stood at ``path`` stands. size: how many bytes are being written.
    Raises LoupeError that names the folder and, on a full disk, how much is missing.
    """
    file = path.with_name(f".{path.name}.{secrets.token_hex(6)}.draft")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync(path.parent.parent)
        try:
            yield file
            _sync(file)
            file.replace(path)
        finally:
            file.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(path.parent, size(), error) from error


def _unwritable(folder: Path, needed: int, error: OSError) -> LoupeError:
    """What to tell the user when ``needed`` bytes could not be written to this folder."""
    if error.errno == errno.ENOSPC:
        there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
        missing = needed - shutil.disk_usage(there).free
        if missing > 0:
            return LoupeError(
                "The disk is full: of {needed:.1f} MB to be written to {folder}, {missing:.1f} MB have no room. "
                "Free as much, or set LOUPE_HOME to a folder on another disk.",
                needed=needed / 1e6,
                missing=missing / 1e6,
                folder=folder,
            )
    return LoupeError(
        "{needed:.1f} MB could not be written to {folder} ({reason}). Mend that, or set LOUPE_HOME to another "
        "folder.",
        needed=needed / 1e6,
        folder=folder,
        reason=error.strerror or error,
    )


def keep(data: bytes) -> str:
    """Keeps an upload for 30 days from its last use; the sha256 that ``kept`` finds it by."""
    name = _sha256(data)
    path = _upload(name)
    with _lock(str(path)):
        if path.exists() and path.read_bytes() == data:
            os.utime(path)
        else:
            write(path, data)
    return name


def kept(name: str) -> bytes:
    """What was kept under this sha256; its 30 days start again. Raises LoupeError when it is gone."""
    path = _upload(name)
    with _lock(str(path)):
        try:
            data = None if _expired(path) else path.read_bytes()
        except FileNotFoundError:
            data = None
        if data is None:
            raise LoupeError(
                "This upload is no longer there: uploads are kept for {days} days. Upload the file once more.",
                days=KEPT_DAYS,
            )
        if _sha256(data) != name:
            log.warning("The upload %s is damaged on the disk and is deleted.", path)
            path.unlink()
            raise LoupeError("This upload was damaged on the disk. Upload the file once more.")
        os.utime(path)
        return data


def sweep() -> int:
    """Deletes uploads not used for 30 days, and drafts that a crash left a day ago; the number of files deleted."""
    deleted = 0
    for path in [*home().glob("uploads/*"), *home().rglob(".*.draft")]:
        with _lock(str(path)):
            try:
                if _age(path) > (DAY if path.suffix == ".draft" else KEPT_DAYS * DAY):
                    path.unlink()
                    deleted += 1
            except FileNotFoundError:  # another process sweeps too, or finished its draft
                continue
    return deleted


def _read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(memoryview(data)[CHECKSUM:]).digest() == data[:CHECKSUM]:
        return load(data[CHECKSUM:])
    log.warning("%s is damaged on the disk and is computed anew.", path)
    return None


def _upload(name: str) -> Path:
    if not HASH.fullmatch(name):
        raise LoupeError("{name!r} does not name an upload. Upload the file once more.", name=name[:80])
    return home() / "uploads" / name


def _lock(name: str) -> threading.Lock:
    with _guard:
        return _locks.setdefault(name, threading.Lock())


def _age(path: Path) -> float:
    """Seconds since the last use."""
    return time.time() - path.stat().st_mtime


def _expired(path: Path) -> bool:
    return _age(path) > KEPT_DAYS * DAY


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    if path.is_dir() and sys.platform == "win32":  # folders cannot be opened there; renames are journalled
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
