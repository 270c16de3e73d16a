"""What the demo backbones learn from and are judged on, and what EfficientNet-Lite0 makes of it."""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.nets.efficientnet_lite import HEAD, EfficientNetLite, from_imagenet
from zoo.clip import classifier
from zoo.clip_data import FIXED, STYLES, still
from zoo.groups import NAMES, group, kept_apart
from zoo.pictures import held_out, load
from zoo.sources import CACHE

FOLDER = CACHE / "backbones"
SEEN_AT = 192  # the side at which the teacher looks for its maps: 6 x 6 places
KEPT = 256  # of the 1280 channels of the teacher, the directions in which they vary most


def teacher() -> EfficientNetLite:
    network = EfficientNetLite().eval()
    network.load_state_dict(from_imagenet(classifier()))
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


class Set:
    """Pictures of the groups, uint8 RGBA, each with its number and the teacher's feature."""

    def __init__(self, name: str, chosen: list[tuple[str, int, int]]):
        self.sources = {source: load(source) for source in {source for source, _, _ in chosen}}
        self.places = [(source, index) for source, index, _ in chosen]
        self.labels = torch.tensor([label for _, _, label in chosen])
        self.features = self._taught(FOLDER / f"{name}.pt")

    def pixels(self, rows: list[int]) -> np.ndarray:
        return np.stack([self.sources[source][1][index] for source, index in (self.places[row] for row in rows)])

    def mirrored(self, rows: list[int]) -> torch.Tensor:
        groups = [self.sources[source][0][index].group for source, index in (self.places[row] for row in rows)]
        return torch.tensor([name not in FIXED for name in groups])

    def maps(self) -> torch.Tensor:
        """The teacher's last maps of the plain pictures, computed once: float16 [image KEPT 6 6].

        Each channel is made as wide as the others before the directions are chosen (principal components).
        """
        file = FOLDER / "maps.pt"
        if not file.exists():
            network, found = teacher(), []
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                for start in range(0, len(self.places), 16):
                    pixels = still(self.pixels(list(range(start, min(start + 16, len(self.places))))))
                    pixels = functional.interpolate(pixels, size=(SEEN_AT, SEEN_AT), mode="bilinear")
                    found.append(last_map(network, pixels.contiguous(memory_format=torch.channels_last)).half())
            torch.save(narrowed(torch.cat(found), network), file)
        return torch.load(file, weights_only=True)

    def _taught(self, file: Path) -> torch.Tensor:
        """EfficientNet's pooled features of the plain pictures, computed once, [image 1280]."""
        if file.exists():
            return torch.load(file, weights_only=True).float()
        network, found = teacher(), []
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            for start in range(0, len(self.places), 64):
                pixels = still(self.pixels(list(range(start, min(start + 64, len(self.places))))))
                found.append(network(pixels.contiguous(memory_format=torch.channels_last))[1].half())
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(torch.cat(found), file)
        return torch.cat(found).float()


@torch.inference_mode()
def last_map(network: EfficientNetLite, pixels: torch.Tensor) -> torch.Tensor:
    """[image 320 row column], what the teacher's head is given."""
    x = functional.relu6(network.stem(pixels))
    for stage in network.stages:
        x = stage(x)
    return x


@torch.inference_mode()
def narrowed(maps: torch.Tensor, network: EfficientNetLite) -> torch.Tensor:
    """[image 320 row column] through the teacher's head, and on to the KEPT directions of most variance."""

    def wide(part: torch.Tensor) -> torch.Tensor:
        return functional.relu6(network.head(part.float())).permute(0, 2, 3, 1)

    some = wide(maps[:: max(1, len(maps) // 1000)]).flatten(0, 2)
    mean, spread = some.mean(0), some.std(0) + 0.05
    scaled = (some - mean) / spread
    axes = torch.linalg.eigh(scaled.T @ scaled).eigenvectors[:, -KEPT:]
    parts = [((wide(part) - mean) / spread @ axes).half() for part in maps.split(256)]
    return torch.cat(parts).permute(0, 3, 1, 2).contiguous()


def collect() -> dict[str, Set]:
    """What is learnt from, and three sets to be judged on: new things, a new style, and new things in it."""
    chosen: dict[str, list[tuple[str, int, int]]] = {name: [] for name in ("learn", "things", "style", "both")}
    for source in (*STYLES, "twemoji"):
        for index, row in enumerate(load(source)[0]):
            label = group(row)
            if label is not None:
                apart, strange = kept_apart(row.concept), source == "twemoji"
                name = ("both" if apart else "style") if strange else ("things" if apart else "learn")
                chosen[name].append((source, index, label))
    art, pixels = load("openclipart")
    for index, (row, apart) in enumerate(zip(art, held_out(art, pixels), strict=True)):
        label = group(row)
        if label is not None:
            chosen["things" if apart else "learn"].append(("openclipart", index, label))
    return {name: Set(name, rows) for name, rows in chosen.items()}


def hits(scores: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    ranks = (scores > scores.gather(1, labels[:, None])).sum(1)
    return {f"top {k}": round((ranks < k).float().mean().item(), 4) for k in (1, 5)}


def probe(sets: dict[str, Set], steps: int = 1500) -> dict[str, dict[str, float]]:
    """The yardstick: logistic regression on the teacher's features of the plain pictures."""
    learn = sets["learn"]
    mean, spread = learn.features.mean(0), learn.features.std(0) + 0.05
    layer = nn.Linear(HEAD, len(NAMES))
    optimizer = torch.optim.AdamW(layer.parameters(), lr=3e-3, weight_decay=0.1)
    inputs = (learn.features - mean) / spread
    for step in range(steps):
        for part in optimizer.param_groups:
            part["lr"] = 3e-3 * (1 - step / steps)
        rows = torch.randint(len(inputs), (256,))
        loss = functional.cross_entropy(layer(functional.dropout(inputs[rows], 0.3)), learn.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return {
            name: hits(layer((part.features - mean) / spread), part.labels)
            for name, part in sets.items()
            if name != "learn"
        }
