"""Which processor the models run on, and in which precision they run fastest there."""

import os

from core.errors import LoupeError


def device() -> str:
    """What LOUPE_DEVICE says ("cpu", "cuda", "cuda:1", "mps"), otherwise the best one here.

    Raises LoupeError where LOUPE_DEVICE names a device that this machine lacks.
    """
    import torch

    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    wanted = os.environ.get("LOUPE_DEVICE", "").strip().lower()
    if not wanted:
        return next(name for name, found in here.items() if found)
    name, _, number = wanted.partition(":")
    counted = not number or (name == "cuda" and number.isdigit() and int(number) < torch.cuda.device_count())
    if not here.get(name) or not counted:
        raise LoupeError(
            "LOUPE_DEVICE is {wanted!r}, which this machine does not have. It has: {known}. Unset it, and the best "
            "one is taken.",
            wanted=wanted,
            known=", ".join(name for name, found in here.items() if found),
        )
    return wanted


def fast_precision(device: str) -> str:
    """The name of the number format in which matrix products are fastest without loss that shows.

    bfloat16 where the processor multiplies it natively, float32 elsewhere: emulated, it is slower.
    """
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float32"
    if device == "cpu":
        here = torch.cpu.get_capabilities()
        return "bfloat16" if here.get("avx512_bf16") or here.get("amx_bf16") else "float32"
    return "float32"
