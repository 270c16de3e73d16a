"""Zip archives of strangers: what is a picture is taken out, under numbers; nothing is written where a name says."""

import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core.errors import LoupeError
from core.images import MOST_BYTES
from core.params import Progress

MOST_FILES = 10_000
MOST_UNPACKED = 1_000_000_000
DIRECTORY_BYTES = 8_000_000
"""Of the list of contents, which zipfile reads whole; the names of 10,000 files take about one."""
LOCKED = 1
UTF8 = 0x800
SILENT = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}
TROUBLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def unpack(
    archive: Path, name: str, folder: Path, progress: Progress | None = None
) -> tuple[dict[str, Path], list[tuple[str, str]]]:
    """({name in the archive: file in ``folder``}, (name, reason) of what was left there).

    name: how the archive is called in messages. Links, names that lead out, archives in it, locked and too large
    files stay in it. Raises LoupeError for one that is damaged, has too many files, or unpacks to too much.
    """
    found: dict[str, Path] = {}
    wrong: list[tuple[str, str]] = []
    with _opened(archive, name) as zipped:
        infos = [info for info in zipped.infolist() if not info.is_dir() and not _silent(info.filename)]
        for number, info in enumerate(infos):
            path = _path(info)
            if reason := _refused(info, path) or (
                "It is there twice; the first is taken." if path in found else ""
            ):
                wrong.append((f"{name}: {path}", reason))
                continue
            target = folder / f"{archive.name}-{number}{PurePosixPath(path).suffix.lower()[:9]}"
            try:
                with zipped.open(info) as stream:
                    target.write_bytes(stream.read(MOST_BYTES + 1))
            except TROUBLE as error:
                wrong.append((f"{name}: {path}", f"It is damaged ({error}). Pack it once more."))
                continue
            found[path] = target
            if progress:
                progress(number + 1, len(infos))
    return found, wrong


def _opened(archive: Path, name: str) -> zipfile.ZipFile:
    try:
        if (size := _directory_bytes(archive)) > DIRECTORY_BYTES:
            raise _too_many(name, f"about {size // 100}")
        zipped = zipfile.ZipFile(archive)
    except TROUBLE as error:
        raise LoupeError(
            "{file} is not a ZIP archive, or is damaged ({reason}). Pack the pictures once more.",
            file=name,
            reason=error,
        ) from error
    infos = zipped.infolist()
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > MOST_FILES or unpacked > MOST_UNPACKED:
        zipped.close()
        if len(infos) > MOST_FILES:
            raise _too_many(name, str(len(infos)))
        raise LoupeError(
            "{file} unpacks to {size} MB; at most {most} MB are taken. Split it, or index the folder: "
            "python -m core index FOLDER",
            file=name,
            size=unpacked // 1_000_000,
            most=MOST_UNPACKED // 1_000_000,
        )
    return zipped


def _too_many(name: str, count: str) -> LoupeError:
    return LoupeError(
        "{file} holds {count} files; at most {most} are taken. Split it, or index the folder: "
        "python -m core index FOLDER",
        file=name,
        count=count,
        most=MOST_FILES,
    )


def _directory_bytes(archive: Path) -> int:
    """How long the list of contents says it is (the end record, or the one of Zip64 before it)."""
    with archive.open("rb") as stream:
        length = stream.seek(0, 2)
        stream.seek(max(0, length - 65_600))
        tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 20:
        raise zipfile.BadZipFile("it has no list of contents")
    size = struct.unpack_from("<L", tail, at + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    return struct.unpack_from("<Q", tail, wide + 40)[0] if 0 <= wide <= len(tail) - 48 else size


def _path(info: zipfile.ZipInfo) -> str:
    """The name; archives made on Chinese Windows do not say that theirs are in GBK."""
    name = info.filename
    if not info.flag_bits & UTF8:
        for encoding in ("utf-8", "gb18030"):
            try:
                name = info.filename.encode("cp437").decode(encoding)
                break
            except UnicodeError:
                continue
    return name.replace("\\", "/")


def _refused(info: zipfile.ZipInfo, path: str) -> str:
    """Why this one stays in the archive."""
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link, not a picture. Pack the file that it leads to."
    if ".." in path.split("/") or path.startswith("/") or path[1:2] == ":" or "\0" in path:
        return "Its name leads out of the archive. Pack the folder itself."
    if info.flag_bits & LOCKED:
        return "It is locked with a password. Pack it without one."
    if path.lower().endswith((".zip", ".rar", ".7z", ".tar", ".gz")):
        return "It is an archive in an archive. Unpack it and add its pictures."
    if info.file_size > MOST_BYTES and not path.lower().endswith((".csv", ".parquet")):
        return f"It is larger than {MOST_BYTES // 1_000_000} MB. Save it smaller or as JPEG."
    return ""


def _silent(name: str) -> bool:
    return bool(SILENT & set(name.replace("\\", "/").split("/")))
