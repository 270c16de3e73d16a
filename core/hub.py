"""The model hub: what of it lies on this machine, and bringing more of it here or taking it away.

Files lie where the hub's own library keeps them, so both find what the other has fetched. Only configuration,
tokenizer and weights are fetched: safetensors, and pickles of PyTorch for rows of the catalogue that have no other.
Nothing here waits long for a hub that does not answer: PROBE seconds, then a LoupeError says so.
"""

import json
import re
import shutil
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import constants, try_to_load_from_cache

from core.checkpoints import Checkpoint, rows
from core.errors import LoupeError
from core.transfer import File, Transfer, client

PROBE, TICK = 2.0, 0.25  # seconds
ROOM = 100_000_000  # bytes that a download leaves free
# transformers and diffusers name them differently
SAFE = r"(diffusion_pytorch_)?model(-\d+-of-\d+)?\.safetensors"
PICKLED = r"(diffusion_)?pytorch_model(-\d+-of-\d+)?\.bin"
WHOLE = {
    "safe": ("model.safetensors", "diffusion_pytorch_model.safetensors"),
    "pickled": ("pytorch_model.bin", "diffusion_pytorch_model.bin"),
}
SMALL = r"[\w-]+\.(json|txt|model)|(diffusion_)?(pytorch_)?model\.(safetensors|bin)\.index\.json"
# A pipeline of diffusers has a network a folder, and a file that names them; what we never load is not among these.
PIPELINE = "model_index.json"
PARTS = (
    r"((prior_)?(unet|transformer|prior|vae|movq|text_encoder|image_encoder|image_processor|tokenizer|scheduler)/)"
)
HUB_ID = r"[\w-][\w.-]*/[\w-][\w.-]*"


@dataclass(frozen=True)
class Download:
    """How far a download has come, in bytes, and the file on its way."""

    done: int
    total: int
    file: str


def folder(checkpoint: Checkpoint) -> Path:
    """Where config and weights lie. Raises LoupeError where they are not (wholly) on this machine."""
    found = checkpoint.folder or snapshot(checkpoint.source)
    if found is None or not (_complete(found, "safe") or _complete(found, "pickled")):
        if checkpoint.folder or "/" not in checkpoint.source:
            raise LoupeError(
                "The weights of {title} are missing from {folder}. Fetch that folder anew.",
                title=checkpoint.title,
                folder=checkpoint.folder or checkpoint.source,
            )
        raise LoupeError(
            "{title} is not on this machine yet. Download it first ({megabytes} MB).",
            title=checkpoint.title,
            megabytes=round(checkpoint.megabytes),
        )
    if is_pickled(found) and checkpoint.key not in rows():
        raise LoupeError(
            "{title} has no safetensors, only pickled weights (pytorch_model.bin), which are opened for the "
            "checkpoints of the catalogue alone. Save it anew as safetensors.",
            title=checkpoint.title,
        )
    return found


def is_pickled(folder: Path) -> bool:
    """Whether the folder has no safetensors."""
    return not _complete(folder, "safe")


def is_here(checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint can be loaded without a network."""
    found = checkpoint.folder or snapshot(checkpoint.source)
    return found is not None and (_complete(found, "safe") or _complete(found, "pickled"))


def disk_bytes(checkpoint: Checkpoint) -> int:
    """What the checkpoint takes on this machine's disk, parts of an unfinished download included."""
    found = checkpoint.folder or _home(checkpoint.source)
    return sum(f.stat().st_size for f in found.rglob("*") if f.is_file() and not f.is_symlink())


def remove(checkpoint: Checkpoint) -> int:
    """Take a downloaded checkpoint from the disk; the bytes that are free again.

    Raises LoupeError for what comes with the app or lies in a folder of the user's.
    """
    if checkpoint.folder:
        raise LoupeError(
            "{title} was not downloaded here, it lies in {folder}. Only downloads can be removed.",
            title=checkpoint.title,
            folder=checkpoint.folder,
        )
    with _claim(checkpoint.source):
        freed = disk_bytes(checkpoint)
        if _home(checkpoint.source).exists():
            shutil.rmtree(_home(checkpoint.source))
        return freed


def config(source: str) -> dict[str, Any]:
    """The config.json of a hub id, or of a pipeline the file that names its parts, from this machine or from the hub.

    Raises LoupeError where neither has it.
    """
    for name in ("config.json", PIPELINE):
        if isinstance(here := try_to_load_from_cache(source, name), str):
            return json.loads(Path(here).read_text(encoding="utf-8"))
    names = files(f"models/{source}")[1]
    name = PIPELINE if PIPELINE in names and "config.json" not in names else "config.json"
    return _ask(source, f"{source}/resolve/main/{name}")


def size_bytes(source: str) -> int:
    """What a download of this hub id would bring. Raises LoupeError like ``download``."""
    return sum(file.size for file in _list(source, pickled=False)[1])


def download(checkpoint: Checkpoint) -> Iterator[Download]:
    """Bring the checkpoint here, telling progress at least every quarter of a second.

    Closing the iterator stops it; what has arrived stays and the next download goes on from there. Every file is
    checked against the hub's hash. Raises LoupeError for a hub that does not answer, a full disk, a damaged file.
    """
    if is_here(checkpoint):
        return
    commit, files = _list(checkpoint.source, pickled=checkpoint.key in rows())
    yield from fetch(checkpoint.source, commit, files, _home(checkpoint.source), checkpoint.title)


def fetch(
    source: str, commit: str, files: list[File], place: Path, title: str = ""
) -> Generator[Download, None, None]:
    """Bring these files into a folder laid out as the hub's own library does it, like ``download``."""
    with _claim(source):
        job = Transfer(source, commit, files, place)
        if shutil.disk_usage(_existing(job.home)).free < job.total - job.done + ROOM:
            raise LoupeError(
                "The disk of {folder} has too little room for {title} ({megabytes} MB). Remove other downloads.",
                folder=place,
                title=title or source,
                megabytes=round(job.total / 1e6),
            )
        worker = threading.Thread(target=job.run, daemon=True, name=f"download {source}")
        worker.start()
        try:
            while worker.is_alive():
                yield Download(job.done, job.total, job.file)
                worker.join(TICK)
        finally:
            job.stop.set()
            worker.join(1)
        if job.error:
            raise job.error
        yield Download(job.total, job.total, "")


_claimed: set[str] = set()
_guard = threading.Lock()


@contextmanager
def _claim(source: str) -> Iterator[None]:
    """One download or removal of a source at a time."""
    with _guard:
        if source in _claimed:
            raise LoupeError("{source} is being downloaded or removed already. Wait for it.", source=source)
        _claimed.add(source)
    try:
        yield
    finally:
        with _guard:
            _claimed.discard(source)


def _home(source: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / f"models--{source.replace('/', '--')}"


def _existing(place: Path) -> Path:
    return place if place.exists() else _existing(place.parent)


def snapshot(source: str) -> Path | None:
    """The folder of a hub id's files on this machine, named by the commit; None where nothing was fetched."""
    if not re.fullmatch(HUB_ID, source):
        return None
    here = (try_to_load_from_cache(source, name) for name in ("config.json", PIPELINE))
    return next((Path(file).parent for file in here if isinstance(file, str)), None)


def _complete(folder: Path, kind: str) -> bool:
    """Whether the folder has weights of this kind, in one file or in all the parts that their index names.

    Of a pipeline: whether each folder with a network has.
    """
    if not (folder / "config.json").exists() and (
        networks := [file.parent for file in folder.glob("*/config.json")]
    ):
        return all(_complete(network, kind) for network in networks)
    if any((folder / whole).is_file() for whole in WHOLE[kind]):
        return True
    index = next((file for whole in WHOLE[kind] if (file := folder / f"{whole}.index.json").is_file()), None)
    if index is None:
        return False
    try:
        parts = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise LoupeError("{file} is damaged ({reason}). Fetch it anew.", file=index, reason=error) from error
    return all((folder / part).is_file() for part in parts)


def _probe() -> None:
    """Raises LoupeError unless the hub answers (whatever it says) within PROBE seconds.

    In a thread of its own, since looking up a name can take longer than any limit of the connection.
    """
    if constants.HF_HUB_OFFLINE:
        raise LoupeError("The model hub is switched off (HF_HUB_OFFLINE). Unset it to download.")
    answered: list[int] = []
    reasons: list[str] = []

    def knock() -> None:
        try:
            answered.append(httpx.head(constants.ENDPOINT, timeout=PROBE).status_code)
        except httpx.HTTPError as error:
            reasons.append(str(error) or type(error).__name__)

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(PROBE)
    if not answered:
        raise LoupeError(
            "The model hub {endpoint} cannot be reached ({reason}). Check the network, or use a checkpoint that is "
            "on this machine.",
            endpoint=constants.ENDPOINT,
            reason=reasons[0] if reasons else f"no answer within {PROBE} seconds",
        )


def _ask(source: str, path: str) -> dict[str, Any]:
    """A JSON document of the hub. Raises LoupeError in the user's terms."""
    _probe()
    try:
        with client() as connection:
            response = connection.get(f"{constants.ENDPOINT}/{path}")
        response.raise_for_status()
        return response.json()
    except httpx.HTTPStatusError as error:
        if error.response.status_code in (401, 403, 404):
            raise LoupeError(
                "The hub shows no {source!r}. Check the name, or log in with `hf auth login`.",
                source=source.removeprefix("datasets/"),
            ) from error
        raise LoupeError("The hub answered {status} for {source!r}. Try again later.", source=source,
                         status=error.response.status_code) from error  # fmt: skip
    except (httpx.HTTPError, ValueError) as error:
        raise LoupeError("The hub's answer about {source!r} broke off ({reason}). Try again.", source=source,
                         reason=str(error) or type(error).__name__) from error  # fmt: skip


def files(place: str, revision: str = "main") -> tuple[str, dict[str, File]]:
    """(commit, name -> file) of "models/<hub id>" or "datasets/<hub id>". Raises LoupeError where it is not shown."""
    answer = _ask(place.removeprefix("models/"), f"api/{place}/revision/{revision}?blobs=true")
    found = {}
    for item in answer.get("siblings", []):
        large = item.get("lfs") or {}
        digest = large.get("sha256") or item.get("blobId") or ""
        if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", digest):
            name = item.get("rfilename", "")
            found[name] = File(name, int(large.get("size") or item.get("size") or 0), digest)
    return answer.get("sha", ""), found


def _list(source: str, pickled: bool) -> tuple[str, list[File]]:
    """(commit, files to fetch, weights last) of a hub id. Raises LoupeError where it has no weights to open."""
    commit, found = files(f"models/{source}")
    whole = "config.json" in found
    part = "" if whole else PARTS
    weights = [f for name, f in found.items() if re.fullmatch(part + SAFE, name)]
    if not weights and pickled:
        weights = [f for name, f in found.items() if re.fullmatch(part + PICKLED, name)]
    if not weights or not (whole or PIPELINE in found) or not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise LoupeError(
            "{source!r} has nothing that can be opened here (config.json and model.safetensors). Choose another.",
            source=source,
        )
    small = [f for name, f in found.items() if re.fullmatch(f"({part})?({SMALL})", name)]
    return commit, small + sorted(weights, key=lambda file: file.name)
