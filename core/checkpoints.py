"""Checkpoint: a row of assets/checkpoints.toml, or a folder or hub id that the user named."""

import functools
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import LoupeError

ASSETS = Path(__file__).parent.parent / "assets"
# What of a folder decides the vectors: weights, configuration, tokenizer. A model card or a log does not.
DECISIVE = re.compile(r".*\.(safetensors|bin|model)|.*(config|token|vocab|merges).*\.(json|txt)")

_registered: dict[str, "Checkpoint"] = {}


@dataclass(frozen=True)
class Checkpoint:
    """Which weights, and which family's class loads them.

    source: a hub id, or a folder under assets/checkpoints. parts: role -> key of another row, loaded with it.
    megabytes: what is kept on disk or must be downloaded; parameters: how many numbers, in millions.
    paper: its arXiv id. about: one sentence. say: sentences to try with it.
    """

    key: str
    family: str
    tab: str
    source: str
    title: str
    megabytes: float
    licence: str
    parameters: float = 0.0
    paper: str = ""
    about: str = ""
    say: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """The folder with the weights, for an embedded row or a folder of the user's; None for a hub id."""
        for folder in (ASSETS / "checkpoints" / self.source, Path(self.source)):
            if folder.is_dir():
                return folder
        return None

    @property
    def version(self) -> str:
        """What vectors and maps are keyed by: the hash of what lies in a folder, else the hub's commit."""
        if self.folder:
            return _version(self.folder)
        from core import hub

        fetched = hub.snapshot(self.source)
        return hashlib.sha256(f"{self.source} {fetched.name if fetched else ''}".encode()).hexdigest()[:12]


@functools.cache
def rows() -> dict[str, Checkpoint]:
    """Every row of the file by its key, in the file's order."""
    with (ASSETS / "checkpoints.toml").open("rb") as stream:
        table = tomllib.load(stream)
    return {key: Checkpoint(key=key, **row) for key, row in table.items()}


def catalogue() -> dict[str, Checkpoint]:
    """Every row by its key, the registered ones last: tabs stand in the order in which rows first name them."""
    return rows() | _registered


def find(key: str) -> Checkpoint:
    """The row of this key. Raises LoupeError where there is none."""
    known = catalogue()
    if key not in known:
        raise LoupeError("No checkpoint {key!r}. There are: {known}.", key=key, known=", ".join(known))
    return known[key]


def register(source: str) -> Checkpoint:
    """Add a folder or a hub id to the catalogue for this run; its config.json says which family it is of, of a
    pipeline its model_index.json.

    Raises LoupeError where it is neither, cannot be read or reached, or is of no family.
    """
    folder = Path(source).expanduser()
    for row in catalogue().values():
        if source in (row.key, row.source) or (folder.is_dir() and row.source == str(folder.resolve())):
            return row
    if source and folder.is_dir():
        checkpoint = _from_folder(folder.resolve())
    elif re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", source):
        checkpoint = _from_hub(source)
    else:
        raise LoupeError(
            "{source!r} is neither a folder here nor a hub id like openai/clip-vit-base-patch32.", source=source
        )
    _registered[checkpoint.key] = checkpoint
    return checkpoint


def _from_folder(folder: Path) -> Checkpoint:
    names = [name for name in ("config.json", "model_index.json") if (folder / name).exists()]
    try:
        config = json.loads((folder / (names or ["config.json"])[0]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LoupeError(
            "{folder} has no config.json that can be read ({reason}). Name a folder written by save_pretrained.",
            folder=folder,
            reason=error,
        ) from error
    family, tab = _family(str(folder), config)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    key = folder.name if folder.name not in catalogue() else str(folder)
    return Checkpoint(key, family, tab, str(folder), folder.name, size / 1e6, "your own folder")


def _from_hub(source: str) -> Checkpoint:
    from core import hub

    family, tab = _family(source, hub.config(source))
    here = hub.snapshot(source)
    checkpoint = Checkpoint(source, family, tab, source, source, 0, f"see huggingface.co/{source}")
    size = hub.disk_bytes(checkpoint) if here and hub.is_here(checkpoint) else hub.size_bytes(source)
    return Checkpoint(source, family, tab, source, source, size / 1e6, checkpoint.licence)


def _family(source: str, config: Any) -> tuple[str, str]:
    """(family, tab) of a checkpoint with this config.json."""
    from core import models

    kind = config.get("model_type", config.get("_class_name")) if isinstance(config, dict) else None
    known = {name: family for family, cls in models.families().items() for name in cls.MODEL_TYPES}
    if not isinstance(kind, str) or kind not in known:
        raise LoupeError(
            "{source}: its config.json says model_type {kind!r}, which no family loads. There are: {known}.",
            source=source,
            kind=kind,
            known=", ".join(sorted(known)),
        )
    return known[kind], models.families()[known[kind]].TAB


@functools.cache
def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file() and DECISIVE.fullmatch(file.name)):
        with file.open("rb") as stream:
            digest.update(file.relative_to(folder).as_posix().encode())
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]
