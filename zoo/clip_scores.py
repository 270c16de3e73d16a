"""What demo-clip scores, as loaded from its folder: written to scores.json beside the weights.

python -m zoo.clip_scores
"""

import json

import numpy as np
import torch
from transformers import VisionTextDualEncoderModel

import core.nets.hybrid_vit  # noqa: F401  registers the vision tower
from zoo.clip import Towers
from zoo.clip_data import Judge, recall, still, vectors
from zoo.clip_export import TARGET
from zoo.pictures import held_out, load, photo_captions


@torch.inference_mode()
def scores(model: VisionTextDualEncoderModel) -> dict:
    towers, judge = Towers(model), Judge()
    found = judge.scores(towers.images, towers.texts)
    rows, drawings = load("openclipart")
    kept = np.flatnonzero(held_out(rows, drawings))
    pictures = vectors(towers.images, still(drawings[kept]))
    sentences = vectors(towers.texts, [rows[i].names["zh"][0] for i in kept])
    found["clip art zh text to image"] = recall(sentences, pictures)
    found["clip art zh image to text"] = recall(pictures, sentences)
    found |= photographs(towers, pictures)
    emoji, captions = judge.sets["twemoji en"]
    said = vectors(towers.texts, captions)
    found["twemoji en text to image, patches hidden"] = recall(said, vectors(lambda x: alone(towers, x), emoji))
    found["twemoji en text to image, patches only"] = recall(
        said, vectors(lambda x: towers.images(x, blind=1.0), emoji)
    )
    return found


def photographs(towers: Towers, others: torch.Tensor) -> dict[str, dict[str, float]]:
    """Two sentences for each photograph, among the photographs and among them with the held-out clip art."""
    rows, pixels = load("photo")
    images, found = vectors(towers.images, still(np.asarray(pixels))), {}
    for language in ("en", "zh"):
        captions = photo_captions(language)
        texts = [captions[row.id][i] for i in (0, 1) for row in rows]
        said, twice = vectors(towers.texts, texts), images.repeat(2, 1)
        own = torch.arange(len(rows)).repeat(2)
        for name, gallery in (("", images), (" with 500 drawings", torch.cat([images, others]))):
            beaten = (said @ gallery.T > (said * twice).sum(1, keepdim=True)).sum(1)
            found[f"photographs {language} text to image{name}"] = {
                f"R@{k}": round((beaten < k).float().mean().item(), 4) for k in (1, 5)
            }
        right = own[(images @ said.T).argmax(1)] == torch.arange(len(rows))
        found[f"photographs {language} image to text"] = {"R@1": round(right.float().mean().item(), 4)}
    return found


def alone(towers: Towers, pixels: torch.Tensor) -> torch.Tensor:
    """Vectors from the class token without any patch to look at."""
    _, pooled = towers.model.vision_model.trunk(pixels)
    return towers.pooled(pooled)


def main() -> None:
    model = VisionTextDualEncoderModel.from_pretrained(TARGET, dtype="float32", attn_implementation="eager").eval()
    found = scores(model)
    (TARGET / "scores.json").write_text(json.dumps(found, indent=1) + "\n")
    for name, values in found.items():
        print(f"{name:60} {values}")


if __name__ == "__main__":
    main()
