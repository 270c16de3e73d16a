"""Whether demo-clip takes what demo-pixels draws for smileys, and whether it is new: written to its scores.json.

Each picture gets the nearest of Twemoji's names by demo-clip; right is any name of a smiley. How far it is from the
nearest face that was learnt tells a new face from a copy: Twemoji's smileys, not learnt, say how far that is.

    python -m zoo.pixel_scores
"""

import time

import numpy as np
import torch
from diffusers.models.unets.unet_2d import UNet2DModel
from torch.nn import functional

from zoo.clip_data import still
from zoo.denoising import sampled, sheet, write
from zoo.pictures import load
from zoo.pixel_diffusion import FOLDER, SIDE, TARGET, chosen, faces, nearest, reading
from zoo.unclip_data import vectors_of, words

DRAWN = 200
STEPS = (20, 50)


@torch.inference_mode()
def main() -> None:
    torch.set_flush_denormal(True)
    network = UNet2DModel.from_pretrained(TARGET, torch_dtype=torch.float32).eval()
    rows, pixels = load("twemoji")
    names, smileys, learnt = vectors_of([row.names["en"][0] for row in rows]), chosen(rows), faces()
    unseen = functional.interpolate(still(np.asarray(pixels[smileys])), size=(SIDE, SIDE), mode="area")
    noise = torch.randn(DRAWN, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    found: dict[str, dict[str, float]] = {}

    def judged(name: str, pictures: torch.Tensor, away: bool = True) -> None:
        named = torch.isin((words().seen(pictures) @ names.T).argmax(1), torch.tensor(smileys))
        found[name] = {"named as a smiley": round(named.float().mean().item(), 3)}
        if away:
            found[name]["from the nearest face"] = round(nearest(pictures, learnt).median().item(), 4)
        sheet(pictures[:40]).save(FOLDER / f"{name}.png")

    judged("the faces that were learnt", learnt, False)
    judged("Twemoji's smileys", unseen)
    judged("noise", noise)
    for steps in STEPS:
        begin = time.perf_counter()
        judged(f"drawn in {steps} steps", sampled(reading(network), noise, (), (), steps, 1.0).clamp(-1, 1))
        found[f"drawn in {steps} steps"]["seconds for 200"] = round(time.perf_counter() - begin, 1)
    for name, values in found.items():
        print(f"{name:30} {values}", flush=True)
    write(TARGET / "scores.json", found)


if __name__ == "__main__":
    main()
