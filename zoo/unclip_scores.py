"""How well demo-unclip finds pictures for sentences, and draws what it is told: written to its scores.json.

The prior: for each emoji of Twemoji, which no model has seen, its vector is looked for among all of them, by the
name's own vector and by the one that the prior makes of it. The decoder: for 100 of the things that it learnt, the
name is looked for among 1,000 by what demo-clip makes of a picture drawn from a vector: of the drawing that it learnt,
of Twemoji's, of the prior's; and of noise.

    python -m zoo.unclip_scores
"""

import json
import time
from typing import Any

import numpy as np
import torch
from diffusers.models.transformers.prior_transformer import PriorTransformer
from torch.nn import functional

from core.nets.vector_dit import VectorDiT
from zoo.clip_data import recall, still
from zoo.denoising import sampled, sheet
from zoo.diffusion_data import STYLE, autoencoder
from zoo.diffusion_scores import WORDS, ranks, sentences
from zoo.pictures import load
from zoo.unclip import FOLDER, GUIDANCE, TARGET, guessed
from zoo.unclip_data import Things, chosen, conditions, looks, vectors_of, words

GUIDANCES = (1.0, 2.0, 4.0)
STEPS = 20


class Prior:
    """Texts to unit picture vectors."""

    def __init__(self):
        self.network = PriorTransformer.from_pretrained(TARGET / "prior", torch_dtype=torch.float32).eval()
        self.empty = self.told([""])

    def told(self, texts: list[str]) -> tuple[torch.Tensor, ...]:
        said = words()(texts)
        return vectors_of(texts), said.states, said.real

    def __call__(self, texts: list[str], guidance: float = GUIDANCE) -> torch.Tensor:
        found = guessed(self.network, self.told(texts), self.empty, STEPS, guidance)
        return functional.normalize(self.network.post_process_latents(found), dim=-1)


@torch.inference_mode()
def main() -> None:
    torch.set_flush_denormal(True)
    network: Any = VectorDiT.from_pretrained(TARGET / "transformer", torch_dtype=torch.float32)
    network, things, vae, prior = network.eval(), Things.made(), autoencoder(), Prior()
    found: dict[str, dict[str, float]] = {}
    twemoji, pixels = load("twemoji")
    unseen = looks(twemoji, pixels, list(range(len(twemoji))))
    names = [row.names["en"][0] for row in twemoji]
    found["Twemoji by the sentence's vector"] = recall(vectors_of(names), unseen) | near(vectors_of(names), unseen)
    for guidance in GUIDANCES:
        made = torch.cat([prior(names[start : start + 200], guidance) for start in range(0, len(names), 200)])
        found[f"Twemoji by the prior's, guidance {guidance:g}"] = recall(made, unseen) | near(made, unseen)

    picked = np.random.default_rng(0).permutation(len(things.latents))[:WORDS]
    rows, _ = load(STYLE)
    concepts = [rows[index].concept for index in chosen(rows)]
    places = {row.concept: index for index, row in enumerate(twemoji)}
    kept = [index for index in picked if concepts[index] in places]
    named = [things.names[index] for index in kept]
    texts = vectors_of(sentences([en for en, _ in named]))
    right = torch.arange(len(kept))

    def drawn(vectors: torch.Tensor, guidance: float = GUIDANCE) -> torch.Tensor:
        x = torch.randn(len(vectors), 4, 16, 16, generator=torch.Generator().manual_seed(0))
        made = sampled(network, x, (conditions(vectors),), (torch.zeros(1, vectors.shape[1]),), STEPS, guidance)
        return vae.decode(things.unscaled(made)).sample

    def judged(name: str, pictures: torch.Tensor, wanted: torch.Tensor | None = None) -> None:
        vectors = words().seen(pictures)
        found[name] = ranks(vectors, texts, right) | ({} if wanted is None else near(vectors, wanted))
        sheet(pictures, 10).save(FOLDER / f"{name}.png")

    own = torch.stack([things.vectors[index][0] for index in kept])
    others = unseen[[places[concepts[index]] for index in kept]]
    judged("the drawings that were learnt", vae.decode(things.unscaled(things.latents[kept])).sample)
    judged("Twemoji", still(np.asarray(pixels[[places[concepts[index]] for index in kept]])))
    judged("noise", vae.decode(things.unscaled(torch.randn(len(kept), 4, 16, 16))).sample)
    for guidance in GUIDANCES:
        judged(f"drawn from their own vectors, guidance {guidance:g}", drawn(own, guidance), own)
    judged("drawn from Twemoji's vectors", drawn(others), others)
    for language, sentence in (("English", [en for en, _ in named]), ("Chinese", [zh for _, zh in named])):
        vectors = prior(sentence)
        judged(f"drawn from {language} names by way of the prior", drawn(vectors), vectors)
    begin = time.perf_counter()
    drawn(prior([named[0][0]]))
    found["one picture"] = {"seconds": round(time.perf_counter() - begin, 2)}
    for name, values in found.items():
        print(f"{name:50} {values}", flush=True)
    (TARGET / "scores.json").write_text(json.dumps(found, indent=1) + "\n")


def near(vectors: torch.Tensor, wanted: torch.Tensor) -> dict[str, float]:
    return {"cosine": round((vectors * wanted).sum(-1).mean().item(), 3)}


if __name__ == "__main__":
    main()
