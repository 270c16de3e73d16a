"""A collection that comes over the network: files in pieces, gathered under numbers, then collected."""

import hashlib
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core import own
from core.archive import MOST_FILES, SILENT, unpack
from core.captions import NAMES
from core.collect import Entry, collect, named_entries
from core.errors import LoupeError
from core.images import MOST_BYTES
from core.library import Library
from core.params import Progress
from core.places import own_place
from core.store import DAY, home

MOST_ARCHIVE = 500_000_000
MOST_UPLOAD = 1_000_000_000
MOST_OPEN = 16
"""Uploads under way at once, for all together."""


@dataclass
class Upload:
    """Files on their way: their names by number, and how much of each is there."""

    folder: Path
    owner: str | None
    names: dict[int, str] = field(default_factory=dict)
    sizes: Counter[int] = field(default_factory=Counter)
    began: float = field(default_factory=time.time)

    def receive(self, number: int, name: str, at: int, data: bytes) -> None:
        """Takes a piece of a file, in order; one that came before is passed over. Raises LoupeError."""
        if not 0 <= number < MOST_FILES or not isinstance(name, str):
            raise LoupeError(
                "At most {most} files are taken at once. Put the rest into a second collection.", most=MOST_FILES
            )
        shown = "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))[:300]
        self.names.setdefault(number, shown or f"file {number + 1}")
        most = MOST_ARCHIVE if _archive(shown) else MOST_BYTES
        if at > self.sizes[number]:
            raise LoupeError("A piece of {file} is missing. Upload it once more.", file=shown)
        if at < self.sizes[number] or self.sizes[number] > most:
            return
        if sum(self.sizes.values()) + len(data) > MOST_UPLOAD or (_archive(shown) and at + len(data) > most):
            raise LoupeError(
                "{file} is too much: an archive may have {archive} MB, all files together {most} MB. Split it, or "
                "index the folder: python -m core index FOLDER",
                file=shown,
                archive=MOST_ARCHIVE // 1_000_000,
                most=MOST_UPLOAD // 1_000_000,
            )
        with (self.folder / str(number)).open("ab") as stream:
            stream.write(data)
        self.sizes[number] += len(data)

    def collect(self, called: str, progress: Progress | None = None) -> Library:
        """The library of what came, and the end of this upload, however it ends. Raises LoupeError."""
        name = own.fresh_name(called)
        try:
            own.claim(name, called, self.owner)
            entries, wrong = self._entries(progress)
            if not entries:
                raise LoupeError(
                    "Among the {count} files is no picture. Add JPEG, PNG or WebP files. {first}",
                    count=len(self.names),
                    first=": ".join(wrong[0]) if wrong else "",
                )
            collect(own_place(name), entries, wrong, progress)
            return Library.open(name)
        finally:
            if not own_place(name).exists():
                shutil.rmtree(own_place(name).parent, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _entries(self, progress: Progress | None) -> tuple[list[Entry], list[tuple[str, str]]]:
        loose: dict[str, Path] = {}
        entries: list[Entry] = []
        wrong: list[tuple[str, str]] = []
        for number, name in sorted(self.names.items()):
            file = self.folder / str(number)
            if SILENT & set(name.split("/")) or not file.exists():
                continue
            if not _archive(name):
                if name in loose:
                    name = f"{PurePosixPath(name).with_suffix('')} {number + 1}{PurePosixPath(name).suffix}"
                loose[name] = _suffixed(file, name)
                continue
            try:
                found, refused = unpack(file, name, self.folder, progress)
                more, bad = named_entries(found, f"{name}: ")
            except LoupeError as error:
                wrong.append((name, str(error)))
                continue
            entries += more
            wrong += refused + bad
        more, bad = named_entries(loose)
        return more + entries, bad + wrong


_open: dict[str, Upload] = {}
_lock = threading.Lock()


def begin(owner: str | None) -> str:
    """The secret name of a new upload. Raises LoupeError while too many are under way."""
    with _lock:
        for name in [name for name, upload in _open.items() if time.time() - upload.began > DAY]:
            shutil.rmtree(_open.pop(name).folder, ignore_errors=True)
        if len(_open) >= MOST_OPEN:
            raise LoupeError("Too many uploads are under way. Try again in a few minutes.")
        name = secrets.token_hex(16)
        folder = home() / "incoming" / name
        folder.mkdir(parents=True)
        _open[name] = Upload(folder, owner)
    return name


def find(name: str, owner: str | None) -> Upload:
    """An upload under way. Raises LoupeError where there is none, as after the server was started anew."""
    with _lock:
        upload = _open.get(name)
    if upload is None or upload.owner != owner:
        raise LoupeError("This upload is no longer there. Start it once more.")
    return upload


def end(name: str) -> None:
    """Forgets an upload and what came of it."""
    with _lock:
        upload = _open.pop(name, None)
    if upload:
        shutil.rmtree(upload.folder, ignore_errors=True)


def sweep() -> None:
    """Deletes what uploads of an earlier server left a day ago."""
    for folder in (home() / "incoming").glob("*"):
        if time.time() - folder.stat().st_mtime > DAY:
            shutil.rmtree(folder, ignore_errors=True)


def owner_of(secret: str) -> str:
    """What is kept of a visitor's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def _archive(name: str) -> bool:
    return name.lower().endswith(".zip")


def _suffixed(file: Path, name: str) -> Path:
    """Tables are told apart by their suffix."""
    if name.rpartition("/")[2].lower() not in NAMES:
        return file
    return file.rename(file.with_suffix(re.sub(r"[^.a-z]", "", PurePosixPath(name).suffix.lower())))
