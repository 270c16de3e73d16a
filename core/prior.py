"""The prior of unCLIP (Ramesh et al. 2022, arXiv 2204.06125): PriorTransformer of diffusers.

It draws, as a diffusion model does, the vector that a picture of the sentence might have: its latents [image dim 1 1]
are a picture's vector, evened to mean 0 and variance 1.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from PIL.Image import Image

from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.projected import Projected
from core.samplers import noise_like, sample
from core.toward_vectors import Sentences, VectorEncoder
from core.weights import numbers, size_bytes

# More steps change little; guidance as our own prior was judged with, and as Kandinsky's draws.
STEPS, GUIDANCE, KANDINSKYS = 25, 2.0, 4.0


class Prior:
    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Any,
        schedule: Schedule,
        encoder: VectorEncoder,
        device: str,
        guidance: float = GUIDANCE,
        own_bytes: int = 0,
        blank: np.ndarray | None = None,
    ):
        """guidance: what is taken unless said. own_bytes: what the encoder takes, where it is the prior's own. blank:
        see there, zeros unless said."""
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._schedule = schedule
        self._encoder = encoder
        self._guidance = guidance
        self._own_bytes = own_bytes
        self._mean, self._deviation = (
            part.float().cpu().numpy() for part in (self._network.clip_mean, self._network.clip_std)
        )
        self._wordless = self._padded([""])[0]
        self.blank = np.zeros(self._mean.size, np.float32) if blank is None else blank
        """[dim]: what stands for no picture's vector."""

    @classmethod
    def among(
        cls,
        checkpoint: Checkpoint,
        device: str,
        network: str = "prior",
        prefix: str = "",
        encoder: VectorEncoder | None = None,
    ) -> Self:
        """The prior among the folders of a checkpoint, with the dual encoder that lies there unless one is given.

        network: its folder; prefix: of the names of those beside it. Raises LoupeError where they are damaged or do not
        fit their class.
        """
        from core.nets import diffused

        prior = diffused.network(checkpoint, "PriorTransformer", network)
        schedule = diffused.schedule(checkpoint, f"{prefix}scheduler")
        if encoder is not None:
            return cls(checkpoint, prior, schedule, encoder, device)
        own = Projected(checkpoint, prefix, device)
        return cls(checkpoint, prior, schedule, own, device, KANDINSKYS, own.size_bytes, own.blank())

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take, those of other checkpoints not counted."""
        return size_bytes(self._network) + self._own_bytes

    @property
    def network(self) -> Any:
        """The prior's own, without the encoder."""
        return self._network

    def schedule(self) -> Schedule:
        """Of its training."""
        return self._schedule

    def words(self) -> bool:
        """It draws from them."""
        return True

    def read(self, prompts: Sequence[Any], seed: int) -> Sequence[Any]:
        """Each text as ``Sentences`` of one, padded to the prior's window. Raises LoupeError for a too long one."""
        texts = [prompt for prompt in prompts if isinstance(prompt, str) and prompt]
        found = iter(self._padded(texts) if texts else [])
        return [next(found) if isinstance(prompt, str) and prompt else prompt for prompt in prompts]

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        """Noise and clean vectors, evened; "" is read as the empty text."""
        import torch

        given = [self._wordless if isinstance(one, str) else one for one in self.read(prompts, 0)]
        vectors, states, read = (
            torch.from_numpy(np.concatenate([getattr(one, name) for one in given])).to(self.device)
            for name in ("vectors", "states", "read")
        )
        with torch.inference_mode():
            noisy = torch.from_numpy(latents[:, :, 0, 0].astype(np.float32)).to(self.device)
            when = torch.full((len(latents),), timestep, device=self.device)
            told = self._network(
                noisy, when, proj_embedding=vectors, encoder_hidden_states=states, attention_mask=read
            ).predicted_image_embedding
        return self._schedule.prediction(
            numbers(told.cpu().numpy(), self.checkpoint.title)[:, :, None, None], latents, timestep
        )

    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """[text dim]: see ``core.toward_vectors.VectorPrior``."""
        return self._encoder.sentences(texts).vectors

    def picture_vectors(self, images: list[Image]) -> np.ndarray:
        """[image dim]"""
        return self._encoder.picture_vectors(images)

    def imagined(self, prompt: str, seeds: Sequence[int], guidance: float | None = None) -> Iterator[np.ndarray]:
        """Each seed's own draws, step by step; the last are those that ``vectors`` gives for it."""
        strength = self._guidance if guidance is None else guidance
        paths = [
            sample(self, noise_like((self._mean.size, 1, 1), seed), [prompt], "DDPM", STEPS, strength, seed)
            for seed in seeds
        ]
        for steps in zip(*paths, strict=True):
            yield self._lengthened(np.concatenate([step.clean for step in steps]))

    def vectors(self, prompts: Sequence[str], seed: int) -> np.ndarray:
        """[text dim]: what the prior makes of each prompt in the end, all from the same noise."""
        noise = noise_like((self._mean.size, 1, 1), seed, len(prompts))
        *_, last = sample(self, noise, prompts, "DDPM", STEPS, self._guidance, seed)
        return self._lengthened(last.after)

    def _lengthened(self, latents: np.ndarray) -> np.ndarray:
        """Back from mean 0 and variance 1 to vectors [image dim]."""
        return (latents[:, :, 0, 0] * self._deviation + self._mean).astype(np.float32)

    def _padded(self, texts: Sequence[str]) -> list[Sentences]:
        """Each as the prior reads it, with as many tokens as the prior has places for."""
        found, window = self._encoder.sentences(texts), self._network.config.num_embeddings
        parts = []
        for n, text in enumerate(texts):
            count = int(found.read[n].sum())
            if count > window:
                raise LoupeError(
                    "The sentence {text!r} has {count} tokens; {title} reads at most {window}. Shorten it.",
                    text=text if len(text) <= 60 else text[:57] + "...",
                    count=count,
                    title=self.checkpoint.title,
                    window=window,
                )
            spare = max(0, window - found.states.shape[1])
            states = np.pad(found.states[n : n + 1, :window], ((0, 0), (0, spare), (0, 0)))
            read = np.pad(found.read[n : n + 1, :window], ((0, 0), (0, spare)))
            parts.append(Sentences(found.vectors[n : n + 1], states, read))
        return parts
