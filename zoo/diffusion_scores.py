"""How well demo-clip recognises what demo-ddpm draws: written to scores.json beside the weights.

For 100 of the words that were learnt, the word is looked for among 1,000 names of emoji by what demo-clip makes of a
picture: of one drawn by the model, of the drawing that it learnt, of the same thing by Twemoji, which neither model
has seen, and of noise. The same for 100 names of two words and more, none of which it learnt.

    python -m zoo.diffusion_scores
"""

import json
import time

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch.nn import functional

from zoo.clip_data import still
from zoo.diffusion import GUIDANCE, TARGET, sampled, sheet
from zoo.diffusion_data import GROUPS, STYLE, Drawn, Texts, Words, autoencoder, chosen, drawings
from zoo.emoji import emoji_table, words
from zoo.pictures import load
from zoo.sources import CACHE

WORDS, SENTENCES = 100, 1000
GUIDANCES = (1.0, 2.0, 3.0, 5.0)


def ranks(pictures: torch.Tensor, texts: torch.Tensor, right: torch.Tensor) -> dict[str, float]:
    """R@1, R@10 and the median rank of each picture's own text among all; both unit length, right: [picture]."""
    scores = pictures @ texts.T
    before = (scores > scores.gather(1, right[:, None])).sum(1)
    found = {f"R@{k}": round((before < k).float().mean().item(), 3) for k in (1, 10)}
    return found | {"median rank": int(before.median()) + 1}


def sentences(needed: list[str], count: int = SENTENCES) -> list[str]:
    """The needed names, then other names of emoji until there are so many."""
    others = sorted({words(row)[0]["en"][0] for row in emoji_table() if words(row)[0]["en"]} - set(needed))
    picked = np.random.default_rng(0).permutation(len(others))[: count - len(needed)]
    return needed + [others[i] for i in picked]


def names_unlearnt() -> list[str]:
    """Of the same groups of things and the same style."""
    rows, _ = load(STYLE)
    learnt = set(chosen(rows))
    found = [row.names["en"][0] for i, row in enumerate(rows) if row.group in GROUPS and i not in learnt]
    found = [name for name in found if " " in name]
    return [found[i] for i in np.random.default_rng(0).permutation(len(found))[:WORDS]]


@torch.inference_mode()
def main() -> None:
    torch.set_flush_denormal(True)
    network = UNet2DConditionModel.from_pretrained(TARGET / "unet", torch_dtype=torch.float32).eval()
    drawn, vae, tower = Drawn.made(), autoencoder(), Words()
    rows, pixels = drawings()
    picked = np.random.default_rng(0).permutation(len(rows))[:WORDS]
    names = [rows[i].names["en"][0] for i in picked]
    strangers = names_unlearnt()
    texts = sentences(names + strangers)
    inputs = tower.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    vectors = functional.normalize(tower.clip.get_text_features(**inputs).pooler_output, dim=-1)
    right = torch.arange(WORDS)
    empty = tower([""])

    def drawing(said: Texts, guidance: float) -> torch.Tensor:
        return vae.decode(drawn.unscaled(sampled(network, said, empty, guidance=guidance))).sample

    found: dict[str, dict[str, float]] = {}
    twemoji, others = load("twemoji")
    places = {row.concept: index for index, row in enumerate(twemoji)}
    unseen = [places[rows[i].concept] for i in picked]
    real = pixels[picked]
    found["Twemoji"] = ranks(tower.seen(small(still(np.asarray(others[unseen])))), vectors, right)
    found["what it learnt"] = ranks(tower.seen(real), vectors, right)
    found["the same through the autoencoder"] = ranks(
        tower.seen(vae.decode(drawn.unscaled(drawn.latents[picked])).sample), vectors, right
    )
    noise = torch.randn(WORDS, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    found["noise"] = ranks(tower.seen(vae.decode(drawn.unscaled(noise)).sample), vectors, right)
    for guidance in GUIDANCES:
        pictures = drawing(tower(names), guidance)
        found[f"drawn, guidance {guidance:g}"] = ranks(tower.seen(pictures), vectors, right)
        sheet(pictures, 10).save(CACHE / "diffusion" / f"guidance-{guidance:g}.png")
    chinese = drawing(tower([rows[i].names["zh"][0] for i in picked]), GUIDANCE)
    found[f"drawn from Chinese, guidance {GUIDANCE:g}"] = ranks(tower.seen(chinese), vectors, right)
    pictures = drawing(tower(strangers), GUIDANCE)
    found[f"drawn from what it never learnt, guidance {GUIDANCE:g}"] = ranks(
        tower.seen(pictures), vectors, right + WORDS
    )
    sheet(pictures, 10).save(CACHE / "diffusion" / "never-learnt.png")
    said, seconds = tower(names[:1]), []
    for _ in range(4):
        begin = time.perf_counter()
        drawing(said, GUIDANCE)
        seconds.append(time.perf_counter() - begin)
    found["one picture"] = {"seconds": round(min(seconds), 2)}
    for name, values in found.items():
        print(f"{name:40} {values}", flush=True)
    (TARGET / "scores.json").write_text(json.dumps(found, indent=1) + "\n")


def small(pictures: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(pictures, size=(64, 64), mode="area")


if __name__ == "__main__":
    main()
