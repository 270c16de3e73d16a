"""Files of the model hub over HTTP into the folder where the hub's own library keeps them."""

import hashlib
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx
from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers

from core.errors import LoupeError

CONNECT, READ = 2.5, 10  # seconds
ATTEMPTS = 4


@dataclass(frozen=True)
class File:
    """A file of the hub: its hash is the sha256 of a large file, the git blob's sha1 of a small one."""

    name: str
    size: int
    hash: str


def client() -> httpx.Client:
    """With the user's token for the hub, if there is one."""
    return httpx.Client(
        headers=build_hf_headers(), timeout=httpx.Timeout(READ, connect=CONNECT), follow_redirects=True
    )


class Transfer:
    """A thread's work: files into ``blobs`` under their hash, checked, then shown under their names in a snapshot.

    Others read ``done`` and ``total`` (bytes), ``file`` and ``error``, and set ``stop``.
    """

    def __init__(self, source: str, commit: str, files: list[File], home: Path):
        self.source, self.commit, self.files, self.home = source, commit, files, home
        self.stop = threading.Event()
        self.error: LoupeError | None = None
        self.file = ""
        self.total = sum(file.size for file in files)
        self.arrived = sum(self._size(file) for file in files)

    @property
    def done(self) -> int:
        return min(self.arrived, self.total)

    def run(self) -> None:
        try:
            with client() as connection:
                for file in self.files:
                    self.file = file.name
                    self._fetch(connection, file)
                    if self.stop.is_set():
                        return
            self._link()
        except LoupeError as error:
            self.error = error
        except OSError as error:
            self.error = LoupeError("{source} cannot be written to {folder} ({reason}).", source=self.source,
                                    folder=self.home, reason=error)  # fmt: skip

    def _partial(self, file: File) -> Path:
        return self.home / "blobs" / f"{file.hash}.incomplete"

    def _size(self, file: File) -> int:
        """How much of the file is here."""
        for place in (self.home / "blobs" / file.hash, self._partial(file)):
            if place.exists():
                return min(place.stat().st_size, file.size)
        return 0

    def _fetch(self, connection: httpx.Client, file: File) -> None:
        if (self.home / "blobs" / file.hash).exists():
            return
        partial = self._partial(file)
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                if self._receive(connection, file, partial):
                    break
                return
            except httpx.HTTPError as error:
                if attempt + 1 == ATTEMPTS or self.stop.wait(1):
                    raise LoupeError(
                        "The download of {source} broke off at {file} ({reason}). Start it again: it goes on.",
                        source=self.source,
                        file=file.name,
                        reason=str(error) or type(error).__name__,
                    ) from error
        intact = _hash(partial, file) == file.hash
        if self.stop.is_set():
            return
        if not intact:
            partial.unlink()
            raise LoupeError("{file} of {source} arrived damaged. Start the download again.", file=file.name,
                             source=self.source)  # fmt: skip
        partial.replace(self.home / "blobs" / file.hash)

    def _receive(self, connection: httpx.Client, file: File, partial: Path) -> bool:
        """Append what is missing; False where the transfer was stopped."""
        have = partial.stat().st_size if partial.exists() else 0
        if have > file.size:
            partial.unlink()
            self.arrived -= file.size
            have = 0
        if have == file.size and partial.exists():
            return True
        asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        url = f"{constants.ENDPOINT}/{self.source}/resolve/{self.commit}/{file.name}"
        with connection.stream("GET", url, headers=asked) as response:
            response.raise_for_status()
            if have and response.status_code != 206:
                self.arrived -= have
                have = 0
            with partial.open("ab" if have else "wb") as stream:
                for chunk in response.iter_bytes():
                    if self.stop.is_set():
                        return False
                    stream.write(chunk)
                    self.arrived += len(chunk)
        return True

    def _link(self) -> None:
        """Show the files under their names, as the hub's library does; weights last: they mean "complete"."""
        snapshot = self.home / "snapshots" / self.commit
        snapshot.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            place = snapshot / file.name
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.unlink(missing_ok=True)
                try:
                    place.symlink_to(Path("../" * (2 + file.name.count("/")) + "blobs") / file.hash)
                except OSError:  # a disk without symbolic links
                    shutil.copyfile(self.home / "blobs" / file.hash, place)
        (self.home / "refs").mkdir(exist_ok=True)
        (self.home / "refs" / "main").write_text(self.commit, encoding="utf-8")


def _hash(place: Path, file: File) -> str:
    digest = hashlib.sha256() if len(file.hash) == 64 else hashlib.sha1(b"blob %d\0" % file.size)
    with place.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
