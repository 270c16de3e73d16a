"""Networks, tokenizers and image processors, read from a folder and from nowhere else.

A checkpoint whose names or shapes do not fit its class is an error here: the library would go on with random
numbers in place of what is missing. Code that lies beside the weights is never run.
"""

import importlib
import json
import pickle
import pkgutil
import re
import threading
from pathlib import Path
from typing import Any

import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoImageProcessor, AutoTokenizer
from transformers.utils import logging

import core.nets
from core import hub
from core.checkpoints import Checkpoint
from core.errors import LoupeError

# What the libraries raise on damaged, incomplete or foreign files, found by damaging files of every kind.
DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
    EOFError,
    ImportError,
    SafetensorError,
    StrictDataclassError,
    pickle.UnpicklingError,
)
# Numbers that follow from the architecture; older checkpoints store them all the same.
DERIVED = ("position_ids", "num_batches_tracked")
VOCABULARY = r"tokenizer\.json|vocab\.(txt|json)|\w+\.model"

logging.disable_progress_bar()

# While a network is made, the library replaces functions of its own and of torch for the whole process.
_one_at_a_time = threading.Lock()


def network(checkpoint: Checkpoint, model_types: tuple[str, ...], auto: str = "AutoModel", part: str = "") -> Any:
    """The network of this checkpoint in float32, with attention that can be shown, ready to be asked.

    auto: the library's class that finds the network's class, such as AutoModelForImageClassification. part: the
    folder within the checkpoint's, where a pipeline has a folder for each network.
    Raises LoupeError where files are missing or damaged, the architecture is none of these, or names and shapes do
    not fit it.
    """
    folder = hub.folder(checkpoint) / part
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "configuration", error) from error
    if found not in model_types:
        raise LoupeError(
            "{title} is of model_type {found!r}; its family {family} loads {known}.",
            title=checkpoint.title,
            found=found,
            family=checkpoint.family,
            known=", ".join(model_types),
        )
    for module in pkgutil.iter_modules(core.nets.__path__, "core.nets."):
        importlib.import_module(module.name)  # our own networks register themselves with the library
    safe = not hub.is_pickled(folder)
    try:
        with _one_at_a_time:
            model, report = getattr(transformers, auto).from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=safe,
                weights_only=True,
                dtype="float32",
                attn_implementation="eager",
                output_loading_info=True,
            )
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "weights", error) from error
    for trouble in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        names = sorted(str(name) for name in report[trouble] if not str(name).endswith(DERIVED))
        if names:
            raise LoupeError(
                "The weights of {title} do not fit its class {kind}: {count} {trouble}, the first is {first}. Take "
                "a checkpoint that was saved from this class.",
                title=checkpoint.title,
                kind=type(model).__name__,
                count=len(names),
                trouble=trouble.replace("_", " "),
                first=names[0],
            )
    return model.eval().requires_grad_(False)


def tokenizer(checkpoint: Checkpoint, part: str = "") -> Any:
    """The tokenizer that was saved with the checkpoint. Raises LoupeError where it is missing or damaged."""
    folder = hub.folder(checkpoint) / part
    if not any(re.fullmatch(VOCABULARY, file.name) for file in folder.glob("*")):
        # without a vocabulary the library makes up a tokenizer that knows no word
        missing = FileNotFoundError("tokenizer.json, vocab.txt, vocab.json or a sentencepiece model")
        raise unreadable(checkpoint, folder, "tokenizer", missing)
    return _part(checkpoint, AutoTokenizer, "tokenizer", part)


def image_processor(checkpoint: Checkpoint, part: str = "") -> Any:
    """The image processor that was saved with the checkpoint. Raises LoupeError like ``tokenizer``.

    The one on Pillow is taken wherever the app runs: the other library's resizing gives slightly other pixels.
    """
    return _part(checkpoint, AutoImageProcessor, "image processor", part, backend="pil")


def _part(checkpoint: Checkpoint, kind: Any, name: str, part: str = "", **options: Any) -> Any:
    folder = hub.folder(checkpoint) / part
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, name, error) from error


def unreadable(checkpoint: Checkpoint, folder: Path, part: str, error: Exception) -> LoupeError:
    return LoupeError(
        "The {part} of {title} cannot be read from {folder} ({reason}). Fetch or save the checkpoint anew.",
        part=part,
        title=checkpoint.title,
        folder=folder,
        reason=(str(error).strip() or type(error).__name__).splitlines()[0],
    )
