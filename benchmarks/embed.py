"""Embedding thumbnails against the usual loop, in one run: python -m benchmarks.embed [--pictures 1000]

The usual loop: processor and model once a picture, float32, gradients on. Both sides take turns on the same
pictures, so that whatever else the machine does meets both alike.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL.Image import Image

from core.checkpoints import Checkpoint, find
from core.library import Library
from core.models.clip import Clip
from core.nets import pretrained

TURN = 48


def usual(network: Any, processor: Any, images: list[Image]) -> np.ndarray:
    """[image dim], unit length."""
    found = [network.get_image_features(**processor(images=image, return_tensors="pt")) for image in images]
    vectors = torch.cat([outputs.pooler_output for outputs in found])
    return torch.nn.functional.normalize(vectors, dim=-1).detach().numpy()


def compare(title: str, checkpoint: Checkpoint, images: list[Image]) -> None:
    """Print pictures per second of both sides, their ratio, and how nearly the vectors agree."""
    network = pretrained.network(checkpoint, Clip.MODEL_TYPES).requires_grad_(True)
    processor, model = pretrained.image_processor(checkpoint), Clip.load(checkpoint, "cpu")
    usual(network, processor, images[:4])
    model.embed_images(images[:TURN])
    spent, ratios, cosines = np.zeros(2), [], []
    for start in range(0, len(images) - TURN + 1, TURN):
        batch, begin = images[start : start + TURN], time.perf_counter()
        theirs = usual(network, processor, batch)
        middle = time.perf_counter()
        ours = model.embed_images(batch)
        times = np.array([middle - begin, time.perf_counter() - middle])
        spent += times
        ratios.append(times[0] / times[1])
        cosines.append((theirs * ours).sum(1))
    rates, cosine = len(ratios) * TURN / spent, np.concatenate(cosines)
    print(
        f"{title}: usual loop {rates[0]:.1f}/s, ours {rates[1]:.1f}/s, ratio {spent[0] / spent[1]:.2f} "
        f"(median of turns {np.median(ratios):.2f}), cosine mean {cosine.mean():.4f} least {cosine.min():.4f}",
        flush=True,
    )


def base_patch32(folder: Path) -> Checkpoint:
    """CLIP ViT-B/32 with random weights: only its shape matters here."""
    torch.manual_seed(0)
    transformers.CLIPModel(transformers.CLIPConfig()).save_pretrained(folder)
    transformers.CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1}, merges=[]).save_pretrained(folder)
    transformers.CLIPImageProcessorPil().save_pretrained(folder)
    return Checkpoint("random", "clip", "CLIP", str(folder), "ViT-B/32", 605, "none")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    library = Library.open("clipart")
    images = [library.picture(row) for row in range(min(options.pictures, len(library)))]
    print(f"{len(images)} pictures of {library.name}, {options.threads} threads")
    compare("demo-clip", find("demo-clip"), images)
    with tempfile.TemporaryDirectory() as folder:
        compare("ViT-B/32 shape", base_patch32(Path(folder)), images)


if __name__ == "__main__":
    main()
