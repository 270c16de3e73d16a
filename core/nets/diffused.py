"""Networks of diffusers, read from a folder and from nowhere else, as ``core.nets.pretrained`` reads transformers'."""

import json
from typing import Any

import diffusers
import torch
from diffusers.utils import logging

from core import hub
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.nets.pretrained import DAMAGE, unreadable

logging.set_verbosity_error()
LARGEST = 256


def network(checkpoint: Checkpoint, kind: str) -> Any:
    """The network of this class in float32. Raises LoupeError like ``core.nets.pretrained.network``."""
    folder = hub.folder(checkpoint)
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))["_class_name"]
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "configuration", error) from error
    if found != kind:
        raise LoupeError(
            "{title} is of class {found!r}; its family {family} loads {known}.",
            title=checkpoint.title,
            found=found,
            family=checkpoint.family,
            known=kind,
        )
    try:
        model, report = getattr(diffusers, kind).from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=not hub.is_pickled(folder),
            torch_dtype=torch.float32,
            low_cpu_mem_usage=False,
            output_loading_info=True,
        )
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "weights", error) from error
    for trouble in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        names = sorted(str(name) for name in report[trouble])
        if names:
            raise LoupeError(
                "The weights of {title} do not fit its class {kind}: {count} {trouble}, the first is {first}. Take "
                "a checkpoint that was saved from this class.",
                title=checkpoint.title,
                kind=kind,
                count=len(names),
                trouble=trouble.replace("_", " "),
                first=names[0],
            )
    return model.eval().requires_grad_(False)


def side(checkpoint: Checkpoint, config: Any) -> int:
    """The side of the square that an autoencoder is shown: its image processor's, or that of its training."""
    file = hub.folder(checkpoint) / "preprocessor_config.json"
    if file.exists():
        try:
            return int(json.loads(file.read_text(encoding="utf-8"))["size"]["height"])
        except DAMAGE as error:
            raise unreadable(checkpoint, file.parent, "image processor", error) from error
    return min(config.get("sample_size") or LARGEST, LARGEST)
