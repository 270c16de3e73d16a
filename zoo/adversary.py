"""What a VQGAN learns from beside the pixels: features of a network for pictures, and a judge of small parts."""

import torch
from torch import nn
from torch.nn import functional

from core.nets.efficientnet_lite import EfficientNetLite, from_imagenet
from zoo.clip import classifier

DEPTH = 4  # stages of the feature network that count; those after them stay for judging
PERCEPTUAL, ADVERSARIAL = 0.25, 0.01
WARM_UP = 300  # steps before the judge is listened to


def features() -> EfficientNetLite:
    network = EfficientNetLite().eval().requires_grad_(False).to(memory_format=torch.channels_last)
    network.load_state_dict(from_imagenet(classifier()))
    return network


def early(network: EfficientNetLite, pixels: torch.Tensor) -> list[torch.Tensor]:
    """Of each early stage, unit length over the channels."""
    x, found = functional.relu6(network.stem(pixels)), []
    for stage in list(network.stages)[:DEPTH]:
        x = stage(x)
        found.append(functional.normalize(x.float(), dim=1))
    return found


class Adversary:
    """Pictures and what was made of them to a loss: perceptual (Zhang et al. 2018) and adversarial (hinge).

    The judge of parts (a small PatchGAN, Isola et al. 2016) takes its own step at each call.
    """

    def __init__(self):
        self.features = features()
        self.judge = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 4, 2, 1), nn.GroupNorm(8, 64), nn.LeakyReLU(0.2),
            nn.Conv2d(64, 64, 3, 1, 1), nn.GroupNorm(8, 64), nn.LeakyReLU(0.2),
            nn.Conv2d(64, 1, 3, 1, 1),
        ).to(memory_format=torch.channels_last)  # fmt: skip
        self.optimizer = torch.optim.AdamW(self.judge.parameters(), lr=5e-4, betas=(0.5, 0.9))
        self.steps = 0

    def __call__(self, pixels: torch.Tensor, rebuilt: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            wanted = early(self.features, pixels)
        pairs = zip(wanted, early(self.features, rebuilt), strict=True)
        perceptual = torch.stack([((a - b) ** 2).sum(1).mean() for a, b in pairs]).mean()
        self.steps += 1
        with torch.enable_grad():
            real, made = self.judge(pixels).float(), self.judge(rebuilt.detach()).float()
            wrong = functional.relu(1 - real).mean() + functional.relu(1 + made).mean()
            self.optimizer.zero_grad()
            wrong.backward()
            self.optimizer.step()
        trust = ADVERSARIAL * min(1.0, max(0.0, self.steps / WARM_UP - 1))
        return PERCEPTUAL * perceptual - trust * self.judge(rebuilt).float().mean()


@torch.inference_mode()
def feature_distance(pixels: torch.Tensor, rebuilt: torch.Tensor) -> float:
    """1 - cosine of the pooled features of EfficientNet-Lite0, mean over pairs of pictures."""
    network = features()
    first, second = (
        torch.cat(
            [network(functional.interpolate(part, scale_factor=2, mode="bilinear"))[1] for part in x.split(64)]
        )
        for x in (pixels, rebuilt)
    )
    return float(1 - functional.cosine_similarity(first, second).mean())
