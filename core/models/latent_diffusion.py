"""Diffusion in an autoencoder's latent space, drawn from words (Rombach et al. 2021, arXiv 2112.10752).

UNet2DConditionModel of diffusers, with the text tower and the autoencoder that lie in the same pipeline, or with
other checkpoints in their place.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from PIL.Image import Image

from core.capabilities import Autoencoder
from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule, WordEncoder, WordMaps
from core.kl import Variational
from core.skipping import Skipping
from core.telling import Telling
from core.weights import numbers, size_bytes
from core.word_reader import WordReader


class LatentDiffusion(Skipping, Telling):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("StableDiffusionPipeline",)
    TAB: ClassVar[str] = "Diffusion"

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Any,
        schedule: Schedule,
        text: WordEncoder,
        autoencoder: Autoencoder,
        spread: tuple[np.ndarray, np.ndarray],
        device: str,
        own_bytes: int = 0,
    ):
        """spread: mean and standard deviation of the autoencoder's latents; own_bytes: what tower and autoencoder
        take, where they are its own."""
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._schedule = schedule
        self._text = text
        self._autoencoder = autoencoder
        self._mean, self._deviation = spread
        self._own_bytes = own_bytes

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        device: str,
        text: WordEncoder | None = None,
        autoencoder: Autoencoder | None = None,
    ) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import diffused, pretrained

        network = diffused.unet(checkpoint, "UNet2DConditionModel")
        schedule = diffused.schedule(checkpoint)
        own = []
        if text is None:
            tower = pretrained.network(checkpoint, ("clip_text_model",), part="text_encoder").to(device)
            tokenizer = pretrained.tokenizer(checkpoint, "tokenizer")
            window = min(tokenizer.model_max_length, tower.config.max_position_embeddings)
            text = WordReader(tower, tokenizer, window, checkpoint.title, whole=True)
            own.append(tower)
        if autoencoder is None:
            coder = diffused.network(checkpoint, "AutoencoderKL", "vae")
            side = network.config.sample_size * 2 ** (len(coder.config.block_out_channels) - 1)
            autoencoder = Variational(checkpoint, coder, side, device)
            own.append(coder)
        taken = size_bytes(*own)
        return cls(checkpoint, network, schedule, text, autoencoder, diffused.spread(checkpoint), device, taken)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take, those of other checkpoints not counted."""
        return size_bytes(self._network) + self._own_bytes

    def shape(self) -> tuple[int, int, int]:
        """Of one picture's latents."""
        return self._network.config.in_channels, self._network.config.sample_size, self._network.config.sample_size

    def schedule(self) -> Schedule:
        """Of its training."""
        return self._schedule

    def words(self) -> bool:
        """It draws from them."""
        return True

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> Prediction:
        """Noise and clean latents, one pass for all. Raises LoupeError for a too long prompt."""
        return self._schedule.prediction(self._told(latents, timestep, prompts), latents, timestep)

    def word_maps(self, latents: np.ndarray, timestep: float, prompt: str) -> WordMaps:
        """Each layer's cross-attention while it predicts for one picture's latents."""
        from core.nets.unet_inside import cross_attention

        with cross_attention(self._network) as layers:
            self._told(latents[None], timestep, [prompt])
        read = self._text.word_states([prompt])
        maps = [layer.weights[0].permute(0, 3, 1, 2).float().cpu().numpy() for layer in layers]
        return WordMaps(read.tokens[0], read.added[0], tuple(layer.name for layer in layers), maps)

    def latents(self, images: list[Image]) -> np.ndarray:
        """The likeliest latents of the squares in the pictures' middles."""
        squares = np.stack([self._autoencoder.seen(image) for image in images])
        return ((self._autoencoder.encode(squares) - self._mean) / self._deviation).astype(np.float32)

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """[image height width rgb] as the autoencoder decodes them."""
        return self._autoencoder.decode(latents * self._deviation + self._mean)

    def _told(self, latents: np.ndarray, timestep: float, prompts: Sequence[str]) -> np.ndarray:
        """What the network itself answers, whichever it was taught to tell."""
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(latents.astype(np.float32)).to(self.device)
            when = torch.full((len(latents),), timestep, device=self.device)
            told = self._network(given, when, **self._words(prompts)).sample.cpu().numpy()
        return numbers(told, self.checkpoint.title)

    def _words(self, prompts: Sequence[str]) -> dict[str, Any]:
        """The prompts as the network takes them; each is read once, however often it stands there."""
        import torch

        texts = list(dict.fromkeys(prompts))
        found = self._text.word_states(texts)
        order = [texts.index(prompt) for prompt in prompts]
        words = {"encoder_hidden_states": torch.from_numpy(found.states[order]).to(self.device)}
        if not found.read.all():
            words["encoder_attention_mask"] = torch.from_numpy(found.read[order]).to(self.device)
        return words
