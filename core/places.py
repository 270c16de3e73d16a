"""Where the libraries are: a name and a Parquet file each."""

import hashlib
import json
import logging
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.checkpoints import ASSETS
from core.store import home

log = logging.getLogger(__name__)

FILE = "pictures.parquet"
_added: dict[str, Path] = {}


def places() -> dict[str, Path]:
    """Every library's file by its name: the shipped ones first, then the user's own, then those added."""
    found: dict[str, Path] = {}
    for folder in (ASSETS / "libraries", home() / "libraries"):
        for file in sorted(folder.glob(f"*/{FILE}")):
            found.setdefault(file.parent.name, file)
    return found | {name: file for name, file in _added.items() if file.exists()}


def listed() -> list[str]:
    """The names that may be told to anyone: a visitor's collection is opened by who knows its name."""
    return [name for name, file in places().items() if not about(file).get("owner")]


def about(file: Path) -> dict[str, str]:
    """What stands beside a library's file: its title and its owner; nothing where nothing was said."""
    try:
        return json.loads(file.with_name("about.json").read_bytes())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def own_place(name: str) -> Path:
    """Where a library of the user's own of this name stands, or is to stand."""
    return home() / "libraries" / name / FILE


def add(file: Path) -> str:
    """Gives a Parquet file anywhere a name for as long as the process runs."""
    name = free_name(file.parent.name if file.name == FILE else file.stem, file)
    _added[name] = file
    return name


def free_name(name: str, origin: Path) -> str:
    """This name, or with some of the hash of its origin (a file or folder) where another library has it."""
    name = re.sub(r"[^\w .-]", "-", name)
    other = places().get(name)
    if other is None or other == origin or notes(other).get("folder") == str(origin):
        return name
    return f"{name}-{hashlib.sha256(str(origin).encode(errors='replace')).hexdigest()[:6]}"


def notes(file: Path) -> dict[str, str]:
    """The notes in a library file's metadata; none where there is no such file or it is damaged."""
    try:
        found = pq.read_metadata(file).metadata or {}
    except (OSError, pa.ArrowException) as error:
        log.info("No notes in %s: %s", file, error)
        return {}
    return {key.decode(): value.decode() for key, value in found.items()}
