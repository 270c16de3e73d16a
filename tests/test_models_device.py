"""Which device and precision are taken."""

import pytest
import torch

from core import models
from core.device import fast_precision
from core.errors import LoupeError


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_best_device_here_is_taken(monkeypatch, cuda, mps, best):
    monkeypatch.delenv("LOUPE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert models.device() == best


def test_loupe_device_decides_among_what_is_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for wanted in ("cpu", "cuda", "cuda:1", "CUDA"):
        monkeypatch.setenv("LOUPE_DEVICE", wanted)
        assert models.device() == wanted.lower()
    for wanted in ("mps", "tpu", "cuda:2", "cuda:x"):
        monkeypatch.setenv("LOUPE_DEVICE", wanted)
        with pytest.raises(LoupeError, match=f"LOUPE_DEVICE is '{wanted}'.*It has: cuda, cpu"):
            models.device()


def test_bfloat16_where_it_is_native(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert fast_precision("cpu") == "bfloat16"
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert fast_precision("cpu") == fast_precision("mps") == "float32"
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    assert fast_precision("cuda") == "bfloat16"
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert fast_precision("cuda:0") == "float32"
