"""The diffusion transformer that draws one of ImageNet's classes (Peebles & Xie 2022, arXiv 2212.09748).

DiTPipeline of diffusers: DiTTransformer2DModel in the latent space of the autoencoder that lies in the same pipeline.
"""

import difflib
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from PIL.Image import Image

from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.kl import Variational
from core.looking import Looking
from core.weights import numbers, size_bytes

NAMED = 6  # classes in a message


class Dit(Looking):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("DiTPipeline",)
    TAB: ClassVar[str] = "unCLIP"

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Any,
        schedule: Schedule,
        classes: dict[str, int],
        autoencoder: Variational,
        scaling: float,
        device: str,
    ):
        """classes: each name in small letters with its number; scaling: what the autoencoder's latents are times."""
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._schedule = schedule
        self._classes = classes
        self._autoencoder = autoencoder
        self._scaling = scaling

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import diffused

        network = diffused.network(checkpoint, "DiTTransformer2DModel", "transformer")
        coder = diffused.network(checkpoint, "AutoencoderKL", "vae")
        side = network.config.sample_size * 2 ** (len(coder.config.block_out_channels) - 1)
        return cls(
            checkpoint,
            network,
            diffused.schedule(checkpoint),
            diffused.classes(checkpoint),
            Variational(checkpoint, coder, side, device),
            coder.config.scaling_factor,
            device,
        )

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        return size_bytes(self._network) + self._autoencoder.size_bytes

    def shape(self) -> tuple[int, int, int]:
        """Of one picture's latents."""
        return self._network.config.in_channels, self._network.config.sample_size, self._network.config.sample_size

    def schedule(self) -> Schedule:
        """Of its training."""
        return self._schedule

    def words(self) -> bool:
        """It draws from the names of classes."""
        return True

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> Prediction:
        """Noise and clean latents, one pass for all. Raises LoupeError for a prompt that names no class."""
        import torch

        labels = [self.label(prompt) for prompt in prompts]
        with torch.inference_mode():
            given = torch.from_numpy(latents.astype(np.float32)).to(self.device)
            when = torch.full((len(latents),), timestep, device=self.device)
            classes = torch.tensor(labels, device=self.device)
            told = self._network(given, timestep=when, class_labels=classes).sample
            told = told[:, : latents.shape[1]].float().cpu().numpy()  # after the noise may come its variance
        return self._schedule.prediction(numbers(told, self.checkpoint.title), latents, timestep)

    def label(self, prompt: str) -> int:
        """The class of this name, in any letters; "" is the class that stands for none. Raises LoupeError."""
        name = " ".join(prompt.lower().split())
        if not name:
            return self._network.config.num_embeds_ada_norm
        if name not in self._classes:
            raise LoupeError(
                "{title} draws classes of ImageNet alone, and {prompt!r} is none of their names. Near it are: {near}.",
                title=self.checkpoint.title,
                prompt=prompt[:60],
                near=", ".join(self._near(name)),
            )
        return self._classes[name]

    def latents(self, images: list[Image]) -> np.ndarray:
        """The likeliest latents of the squares in the pictures' middles."""
        squares = np.stack([self._autoencoder.seen(image) for image in images])
        return (self._autoencoder.encode(squares) * self._scaling).astype(np.float32)

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """[image height width rgb] as the autoencoder decodes them."""
        return self._autoencoder.decode(latents / self._scaling)

    def _near(self, name: str) -> list[str]:
        """Names of classes that share a word with this one, then those that are spelt alike, then any."""
        words = {word for word in name.split() if len(word) > 2}
        sharing = [known for known in self._classes if words & set(known.split())]
        alike = difflib.get_close_matches(name, self._classes, NAMED, 0.5)
        return list(dict.fromkeys([*sharing, *alike, *self._classes]))[:NAMED]
