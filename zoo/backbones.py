"""demo-vit, demo-swin and demo-resnet: three small backbones that tell 89 groups of drawings apart.

A vision transformer (Dosovitskiy et al. 2020), a shifted-window transformer (Liu et al. 2021) and a residual
network (He et al. 2015) of transformers' own classes. Each learns the group, and from EfficientNet-Lite0
(distillation, Hinton et al. 2015) what is at each place of the plain picture and in all of it, while it sees the
picture moved and, half of the time, in a changed style.

    python -m zoo.backbones vit --minutes 40
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    SwinConfig,
    SwinForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

from core.checkpoints import ASSETS
from zoo.augment import clear, moved, moves, restyled
from zoo.backbones_data import FOLDER, KEPT, Set, collect, hits, probe
from zoo.clip_data import still
from zoo.groups import NAMES
from zoo.training import train

BATCH = {"vit": 64, "swin": 64, "resnet": 64}
SIDES = {"vit": 80, "swin": 64, "resnet": 96}
RATES = {"vit": 1e-3, "swin": 1e-3, "resnet": 3e-3}
DROPPED = 0.7  # in this share of the steps the vision transformer sees a random half of the patches


def build(kind: str) -> nn.Module:
    names = dict(enumerate(NAMES))
    common = {
        "id2label": names,
        "label2id": {name: number for number, name in names.items()},
        "num_labels": len(names),
        "attn_implementation": "eager",
    }
    if kind == "vit":
        sizes = {"hidden_size": 160, "num_hidden_layers": 6, "num_attention_heads": 5, "intermediate_size": 640}
        network = ViTForImageClassification(ViTConfig(**sizes, image_size=SIDES[kind], patch_size=8, **common))
        for layer in network.vit.layers:
            start_near(layer.attention)
        start_places(network)
        return network
    if kind == "swin":
        sizes = {"embed_dim": 48, "depths": [2, 2, 4], "num_heads": [2, 4, 8], "window_size": 4}
        config = SwinConfig(**sizes, drop_path_rate=0.0, image_size=SIDES[kind], patch_size=4, **common)
        network = SwinForImageClassification(config)
        for stage in network.swin.encoder.layers:
            for block in stage.blocks:
                start_near(block.attention)
        return network
    sizes = {"embedding_size": 32, "hidden_sizes": [32, 64, 128, 256], "depths": [2, 2, 2, 1]}
    return ResNetForImageClassification(ResNetConfig(**sizes, layer_type="basic", **common))


@torch.no_grad()
def start_near(attention: nn.Module) -> None:
    """Start where training ends: tokens look at what is like them and pass on less of what they are.

    Mimetic initialisation (Trockman & Kolter 2023, arXiv 2305.09828): from a random start the attention of a
    transformer takes long to find any order.
    """
    dim, width = attention.q_proj.in_features, attention.head_dim
    one = torch.eye(dim)
    left, values, right = torch.linalg.svd(0.4 * torch.randn(dim, dim) / dim**0.5 - 0.4 * one)
    attention.v_proj.weight.copy_((left * values.sqrt()).T)
    attention.o_proj.weight.copy_((values.sqrt()[:, None] * right).T)
    for start in range(0, dim, width):
        rows = slice(start, start + width)
        left, values, right = torch.linalg.svd(0.7 * torch.randn(dim, dim) / dim**0.5 + 0.7 * one)
        attention.q_proj.weight[rows] = (left[:, :width] * values[:width].sqrt()).T
        attention.k_proj.weight[rows] = values[:width, None].sqrt() * right[:width]


@torch.no_grad()
def start_places(network: ViTForImageClassification) -> None:
    """Positions that start as sines and cosines of row and column, and patches as strong as they."""
    dim, side = network.config.hidden_size, network.config.image_size // network.config.patch_size
    place = torch.arange(side)[:, None] / 50 ** (torch.arange(dim // 4) / (dim // 4))
    wave = torch.cat([place.sin(), place.cos()], 1)
    grid = torch.cat([wave[:, None].expand(-1, side, -1), wave[None].expand(side, -1, -1)], -1)
    network.vit.embeddings.position_embeddings[0, 1:] = 0.3 * grid.flatten(0, 1)
    network.vit.embeddings.patch_embeddings.projection.weight.normal_(0, 0.05)


@dataclass
class Batch:
    pixels: torch.Tensor  # [image 3 height width] in -1..1
    labels: torch.Tensor  # [image]
    taught: torch.Tensor  # [image KEPT row column], the teacher's map, moved as the picture is


def batches(learn: Set, side: int, count: int) -> Iterator[Batch]:
    """Half of each batch in a changed style, half only moved; groups with few pictures come more often."""
    counts = torch.bincount(learn.labels, minlength=len(NAMES)).clamp(min=1)
    weights, maps = (1 / counts.float().sqrt())[learn.labels], learn.maps()
    while True:
        rows = torch.multinomial(weights, count).tolist()
        move = moves(learn.mirrored(rows))
        x = moved(clear(torch.from_numpy(learn.pixels(rows))), move, side)
        strange, plain = x[: count // 2], x[count // 2 :]
        plain = (plain[:, :3] + 1 - plain[:, 3:]).clamp(0, 1) * 2 - 1
        taught = moved(maps[rows].float(), move, 8, "border")
        yield Batch(torch.cat([restyled(strange), plain]), learn.labels[rows], taught)


class Student(nn.Module):
    """A backbone, and one layer that says the teacher's features of its tokens and of their sum alike."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        last = network.classifier[-1] if isinstance(network, ResNetForImageClassification) else network.classifier
        self.head = nn.Linear(last.in_features, KEPT)

    def features(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """What the classifier reads [image dim], the tokens [image token dim], and where those are, if some only."""
        if isinstance(self.network, ViTForImageClassification):
            inner, kept = self.network.vit, None
            x, places = inner.embeddings.patch_embeddings(pixels), inner.embeddings.position_embeddings
            x = x + places[:, 1:]
            if torch.rand(()) < DROPPED:
                kept = torch.rand(x.shape[:2]).argsort(1)[:, : x.shape[1] // 2]
                x = x.gather(1, kept[..., None].expand(-1, -1, x.shape[2]))
            first = (inner.embeddings.cls_token + places[:, :1]).expand(len(x), -1, -1)
            x = torch.cat([first, x], 1)
            for layer in inner.layers:
                x = layer(x)
            x = inner.layernorm(x)
            return x[:, 0], x[:, 1:], kept
        if isinstance(self.network, SwinForImageClassification):
            found = self.network.swin(pixels)
            return found.pooler_output, found.last_hidden_state, None
        found = self.network.resnet(pixels)
        return found.pooler_output.flatten(1), found.last_hidden_state.flatten(2).transpose(1, 2), None

    def classes(self, features: torch.Tensor) -> torch.Tensor:
        """[image label]"""
        flat = isinstance(self.network, ResNetForImageClassification)
        return self.network.classifier(features[..., None, None] if flat else features)

    def loss(self, batch: Batch) -> torch.Tensor:
        """The group, said from the whole and from the mean of the tokens; the teacher's features of both."""
        pooled, tokens, kept = self.features(batch.pixels)
        side = round((tokens.shape[1] * (1 if kept is None else 2)) ** 0.5)
        taught = functional.interpolate(batch.taught, (side, side), mode="area" if side < 8 else "bilinear")
        taught = taught.flatten(2).transpose(1, 2)
        whole = taught.mean(1)
        if kept is not None:
            taught = taught.gather(1, kept[..., None].expand(-1, -1, KEPT))
        names = cross_entropy(self.classes(pooled), batch.labels)
        if isinstance(self.network, ViTForImageClassification):
            names = (names + 0.5 * cross_entropy(self.classes(tokens.mean(1)), batch.labels)) / 1.5
        return names + 2 * apart(self.head(pooled), whole) + apart(self.head(tokens), taught)


def cross_entropy(said: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(said.float(), labels, label_smoothing=0.1)


def apart(said: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """1 - cosine similarity, mean over all tokens."""
    return 1 - functional.cosine_similarity(said.float(), taught, dim=-1).mean()


@torch.inference_mode()
def judge(network: nn.Module, sets: dict[str, Set], side: int, every: int = 1) -> dict[str, dict[str, float]]:
    """Of every so many pictures of each set but the one that is learnt from."""
    network.eval()
    scores = {}
    for name, part in sets.items():
        if name != "learn":
            found = []
            chosen = torch.arange(0, len(part.places), every)
            for rows in chosen.split(64):
                pixels = functional.interpolate(still(part.pixels(rows.tolist())), size=(side, side), mode="area")
                found.append(network(pixels).logits)
            scores[name] = hits(torch.cat(found), part.labels[chosen])
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=SIDES)
    parser.add_argument("--minutes", type=float, default=40, help="of one core's time")
    parser.add_argument("--further", action="store_true", help="begin with the weights that are there")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    kind, sets = options.kind, collect()
    side, target = SIDES[kind], ASSETS / "checkpoints" / f"demo-{kind}"
    network = build(kind)
    if options.further:
        network = type(network).from_pretrained(target, attn_implementation="eager", dtype=torch.float32)
    student = Student(network)

    def scores() -> dict[str, float]:
        found = judge(network, sets, side, every=4)
        student.train()
        return {name: part["top 1"] for name, part in found.items()}

    stream = batches(sets["learn"], side, BATCH[kind])
    curve = train(student, stream, student.loss, FOLDER / kind, options.minutes, RATES[kind], scores)
    network.eval().half().save_pretrained(target)
    ViTImageProcessorPil(size={"height": side, "width": side}).save_pretrained(target)
    found = {"network": judge(network.float(), sets, side), "linear probe": probe(sets), "curve": curve}
    found["pictures"] = {name: len(part.places) for name, part in sets.items()}
    (FOLDER / f"{kind}.json").write_text(json.dumps(found, indent=1))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
