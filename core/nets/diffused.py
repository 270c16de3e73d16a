"""Networks of diffusers, read from a folder and from nowhere else, as ``core.nets.pretrained`` reads transformers'."""

import json
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.utils import logging

from core import hub
from core.checkpoints import Checkpoint
from core.denoising import Schedule
from core.errors import LoupeError
from core.nets.pretrained import DAMAGE, unreadable
from core.nets.vector_dit import VectorDiT

logging.set_verbosity_error()
LARGEST = 256
OURS: dict[str, Any] = {"VectorDiT": VectorDiT}
# What a U-Net may want beside noise and words, by the names of its configuration.
WANTS = ("class_embed_type", "num_class_embeds", "addition_embed_type", "encoder_hid_dim_type")
# Of schedulers: what the network may tell, the noise that DDPM may add (the first two are one; of a learnt one, which
# lies between the fixed ones, the smallest is added), and whose steps add noise of a known variance.
TARGETS = ("epsilon", "v_prediction", "sample")
VARIANCES = ("fixed_small", "fixed_small_log", "fixed_large", "learned_range")
SCHEDULERS = tuple(
    f"{name}Scheduler"
    for name in ("DDPM", "DDIM", "PNDM", "DPMSolverMultistep", "EulerDiscrete", "LMSDiscrete", "UnCLIP")
)
# What a class was called when checkpoints were first saved from it.
FORMERLY = {"DiTTransformer2DModel": "Transformer2DModel"}
# What UnCLIPScheduler does without saying so in its configuration.
UNCLIP = {"beta_start": 0.0, "beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "linspace"}


def network(checkpoint: Checkpoint, kind: str, part: str = "") -> Any:
    """The network of this class in float32. Raises LoupeError like ``core.nets.pretrained.network``.

    part: the folder within the checkpoint's, where a pipeline has a folder for each network.
    """
    folder = hub.folder(checkpoint) / part
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))["_class_name"]
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "configuration", error) from error
    if found not in (kind, FORMERLY.get(kind)):
        raise LoupeError(
            "{title} is of class {found!r}; its family {family} loads {known}.",
            title=checkpoint.title,
            found=found,
            family=checkpoint.family,
            known=kind,
        )
    try:
        model, report = (OURS.get(kind) or getattr(diffusers, kind)).from_pretrained(
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


def part_of(checkpoint: Checkpoint, name: str) -> str:
    """The folder of a pipeline's part of this name; "" where the checkpoint's files all lie together."""
    return name if (hub.folder(checkpoint) / name).is_dir() else ""


def schedule(checkpoint: Checkpoint, part: str = "scheduler") -> Schedule:
    """How noise was added in training, and what the scheduler that was saved beside the network says of steps.

    Raises LoupeError for a scheduler that is missing, damaged or of another kind than those of noise added in steps.
    """
    file = hub.folder(checkpoint) / part_of(checkpoint, part) / "scheduler_config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        kind, target = config["_class_name"], config.get("prediction_type", "epsilon")
        config = UNCLIP | config if kind == "UnCLIPScheduler" else config
        variance = config.get("variance_type") or "fixed_small"
        strange = target not in TARGETS or variance not in VARIANCES
        if strange or "beta_start" not in config or kind not in SCHEDULERS:
            raise LoupeError(
                "{title} was taught with {kind} and settings that cannot be followed here ({target}, {variance}). "
                "Choose another model.",
                title=checkpoint.title,
                kind=kind,
                target=target,
                variance=variance,
            )
        alphas, bounds = _alphas(config), ("dynamic_thresholding_ratio", "sample_max_value")
        return Schedule(
            alphas,
            target,
            config.get("timestep_spacing"),
            config.get("steps_offset", 0),
            config.get("clip_sample_range", 1.0) if config.get("clip_sample", True) else None,
            "fixed_large" if variance == "fixed_large" else "fixed_small",
            1.0 if config.get("set_alpha_to_one", True) else float(alphas[0]),
            (config[bounds[0]], config[bounds[1]]) if config.get("thresholding") else None,
        )
    except DAMAGE as error:
        raise unreadable(checkpoint, file.parent, "scheduler", error) from error


def _alphas(config: dict[str, Any]) -> np.ndarray:
    scheduler: Any = DDPMScheduler.from_config(config)
    return scheduler.alphas_cumprod.double().numpy()


def unet(checkpoint: Checkpoint, kind: str) -> Any:
    """The network that takes noise away, of this class. Raises LoupeError also for one that wants labels and such."""
    found = network(checkpoint, kind, part_of(checkpoint, "unet"))
    config = found.config
    more = [name for name in WANTS if config.get(name)]
    if more or config.in_channels != config.out_channels:
        raise LoupeError(
            "{title} wants more than noise and words ({more}). Choose another model.",
            title=checkpoint.title,
            more=", ".join(more) or f"{config.in_channels} channels",
        )
    return found


def video_transformer(checkpoint: Checkpoint) -> Any:
    """The network that takes noise from whole films. It may tell, after the noise, how sure it is of it."""
    found = network(checkpoint, "LatteTransformer3DModel", part_of(checkpoint, "transformer"))
    if found.out_channels not in (found.config.in_channels, 2 * found.config.in_channels):
        raise LoupeError(
            "{title} wants more than noise and words ({more}). Choose another model.",
            title=checkpoint.title,
            more=f"{found.config.in_channels} channels",
        )
    return found


def unet_toward_vectors(checkpoint: Checkpoint) -> Any:
    """Kandinsky's, which takes a picture's vector in place of words. Raises LoupeError for another kind."""
    found = network(checkpoint, "UNet2DConditionModel", "unet")
    kinds = {name: found.config.get(name) for name in WANTS}
    if kinds != {**dict.fromkeys(WANTS), "addition_embed_type": "image", "encoder_hid_dim_type": "image_proj"}:
        raise LoupeError(
            "{title} wants more than noise and words ({more}). Choose another model.",
            title=checkpoint.title,
            more=", ".join(name for name, kind in kinds.items() if kind),
        )
    return found


def spread(checkpoint: Checkpoint) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the autoencoder's latents, [channel] or one for all, by which they are evened.

    From latents.json where the autoencoder is another checkpoint, else from the pipeline's own.
    """
    folder = hub.folder(checkpoint)
    file = folder / "latents.json"
    file = file if file.exists() else folder / "vae" / "config.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if file.name == "config.json":
            told = {"mean": [told.get("shift_factor") or 0.0], "std": [1 / told["scaling_factor"]]}
        mean, std = (np.array(told[name], np.float64)[:, None, None] for name in ("mean", "std"))
        return mean, std
    except DAMAGE as error:
        raise unreadable(checkpoint, file.parent, "configuration", error) from error


def classes(checkpoint: Checkpoint) -> dict[str, int]:
    """Each name of a class in small letters with its number, synonyms apart, as a pipeline's index lists them.

    Of two classes with one name the later has it, as in the pipeline itself.
    """
    folder = hub.folder(checkpoint)
    try:
        told = json.loads((folder / hub.PIPELINE).read_text(encoding="utf-8"))["id2label"]
        return {" ".join(name.lower().split()): int(n) for n, names in told.items() for name in names.split(",")}
    except DAMAGE as error:
        raise unreadable(checkpoint, folder, "configuration", error) from error
