"""Whether demo-vdt draws the thing that its sentence names and moves it as it says: written to its scores.json.

For every thing and motion one clip is drawn. Its first frame is to be named among all things by demo-clip. Its motion
is told by four numbers (how far the middle goes across and down, how much larger it gets, how much neighbouring frames
differ) as that of the nearest of the training clips' averages; other training clips say how far that can be trusted.

    python -m zoo.video_scores
"""

import itertools
import json
import time
from typing import Any

import numpy as np
import torch
from diffusers.models.transformers.latte_transformer_3d import LatteTransformer3DModel

from zoo.denoising import sampled, sheet
from zoo.diffusion_data import Words, autoencoder
from zoo.unclip_data import vectors_of
from zoo.video import FOLDER, GUIDANCE, TARGET, reading
from zoo.video_data import FRAMES, MOTIONS, SPOKEN, TAKES, THINGS, Clips, sentences

STEPS = 20


def moved(frames: torch.Tensor) -> np.ndarray:
    """[clip frame 3 height width] in -1..1 -> [clip 4]: across, down, growth, difference of neighbouring frames."""
    ink = ((1 - frames) / 2).amax(2).clamp(0, 1)
    ink = torch.where(ink > 0.15, ink, 0)
    whole = ink.sum((2, 3)).clamp(min=1e-3)
    line = torch.linspace(-1, 1, frames.shape[-1])
    across, down = (ink * line).sum((2, 3)) / whole, (ink * line[:, None]).sum((2, 3)) / whole
    area = (ink > 0).float().mean((2, 3)).clamp(min=1e-3)
    differing = frames.diff(dim=1).abs().mean((1, 2, 3, 4))
    ends = [across[:, -1] - across[:, 0], down[:, -1] - down[:, 0], (area[:, -1] / area[:, 0]).log(), differing]
    return torch.stack(ends, 1).numpy()


def told(numbers: np.ndarray, known: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Of each row of numbers the kind whose known rows are nearest on average, each number by its own spread."""
    middles = np.stack([known[kinds == kind].mean(0) for kind in range(len(MOTIONS))])
    return ((numbers[:, None] - middles) ** 2 / known.var(0)).sum(-1).argmin(1)


@torch.inference_mode()
def main() -> None:
    torch.set_flush_denormal(True)
    network: Any = LatteTransformer3DModel.from_pretrained(TARGET / "transformer", torch_dtype=torch.float32)
    clips, vae, words = Clips.made(), autoencoder(), Words()
    kinds = list(itertools.product(THINGS, MOTIONS))
    motion = np.array([list(MOTIONS).index(way) for _, way in kinds])
    thing = torch.tensor([list(THINGS).index(name) for name, _ in kinds])
    empty = words([""]).states

    def pictured(latents: torch.Tensor) -> torch.Tensor:
        parts = [vae.decode(clips.frames(part)).sample for part in latents.float().split(8)]
        return torch.cat(parts).clamp(-1, 1).unflatten(0, (-1, FRAMES))

    def drawn(texts: list[str], guidance: float, seed: int = 0) -> torch.Tensor:
        made = []
        for part in split(texts, 8):
            chance = torch.Generator().manual_seed(seed)
            x = torch.randn(len(part), *clips.latents.shape[1:], generator=chance)
            made.append(sampled(reading(network), x, (words(part).states,), (empty,), STEPS, guidance))
        return pictured(torch.cat(made))

    names = vectors_of([SPOKEN.get(name, name) for name in THINGS])
    real = pictured(clips.latents)
    known, of_known = moved(real), np.repeat(motion, TAKES)
    first = np.arange(len(known)) % TAKES == 0
    found: dict[str, dict[str, float]] = {}

    def judged(name: str, frames: torch.Tensor) -> None:
        right = told(moved(frames), known[~first], of_known[~first]) == motion
        named = (words.seen(frames[:, 0]) @ names.T).argmax(1) == thing
        found[name] = {"named": round(named.float().mean().item(), 3), "moves as said": round(right.mean(), 3)}
        found[name] |= {way: round(right[motion == index].mean(), 2) for index, way in enumerate(MOTIONS)}
        sheet(frames[:: len(MOTIONS) + 1].flatten(0, 1), FRAMES).save(FOLDER / f"{name}.png")

    judged("training clips", real[first])
    judged("drawn", drawn([sentences(*kind)[0] for kind in kinds], GUIDANCE))
    judged("noise", pictured(torch.randn(len(kinds), *clips.latents.shape[1:])))
    begin = time.perf_counter()
    drawn([sentences(*kinds[0])[0]], GUIDANCE)
    found["one clip"] = {"seconds": round(time.perf_counter() - begin, 2)}
    for name, values in found.items():
        print(f"{name:30} {values}", flush=True)
    (TARGET / "scores.json").write_text(json.dumps(found, indent=1) + "\n")


def split(texts: list[str], size: int) -> list[list[str]]:
    return [texts[start : start + size] for start in range(0, len(texts), size)]


if __name__ == "__main__":
    main()
