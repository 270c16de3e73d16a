"""Diffusion of whole films in an autoencoder's latent space, drawn from words (Ma et al. 2024, arXiv 2401.03048).

LatteTransformer3DModel of diffusers, whose layers look by turns within a frame and through time, with the text tower
and the autoencoder that lie in the same pipeline, or with other checkpoints in their place.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from core.capabilities import Autoencoder
from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule, WordEncoder
from core.errors import LoupeError
from core.kl import Variational
from core.video import FrameAttention
from core.weights import numbers, size_bytes
from core.word_reader import WordReader

WINDOW = 120  # tokens that Latte's tower reads
# Tokens of a network whose words come from another checkpoint: shorter sentences are filled up with zeros.
FILLED = 12


class VideoDiffusion:
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("LattePipeline",)
    TAB: ClassVar[str] = "Video"

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Any,
        schedule: Schedule,
        text: WordEncoder,
        autoencoder: Autoencoder,
        spread: tuple[np.ndarray, np.ndarray],
        device: str,
        own_words: bool,
        own_bytes: int = 0,
    ):
        """spread: mean and standard deviation of the autoencoder's latents; own_words: whether the text tower lies in
        the pipeline; own_bytes: what tower and autoencoder take, where they are its own."""
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._schedule = schedule
        self._text = text
        self._autoencoder = autoencoder
        self._mean, self._deviation = spread
        self._own_words = own_words
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

        network = diffused.video_transformer(checkpoint)
        schedule = diffused.schedule(checkpoint)
        own, own_words = [], text is None
        if text is None:
            tower = pretrained.network(checkpoint, ("t5",), "T5EncoderModel", "text_encoder").to(device)
            text = WordReader(tower, pretrained.tokenizer(checkpoint, "tokenizer"), WINDOW, checkpoint.title)
            own.append(tower)
        if autoencoder is None:
            coder = diffused.network(checkpoint, "AutoencoderKL", "vae")
            side = network.config.sample_size * 2 ** (len(coder.config.block_out_channels) - 1)
            autoencoder = Variational(checkpoint, coder, side, device)
            own.append(coder)
        taken = size_bytes(*own)
        spread = diffused.spread(checkpoint)
        return cls(checkpoint, network, schedule, text, autoencoder, spread, device, own_words, taken)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take, those of other checkpoints not counted."""
        return size_bytes(self._network) + self._own_bytes

    def film_shape(self) -> tuple[int, int, int, int]:
        """Of one film's latents."""
        config = self._network.config
        return config.in_channels, config.video_length, config.sample_size, config.sample_size

    def schedule(self) -> Schedule:
        """Of its training."""
        return self._schedule

    def words(self) -> bool:
        """It draws from them."""
        return True

    def read(self, prompts: Sequence[str], seed: int) -> Sequence[str]:
        """The prompts themselves."""
        return prompts

    def predict(
        self, latents: np.ndarray, timestep: float, prompts: Sequence[str], temporal: bool = True
    ) -> Prediction:
        """Noise and clean latents, one pass for all films. Raises LoupeError for a too long prompt."""
        return self._schedule.prediction(self._told(latents, timestep, prompts, temporal), latents, timestep)

    def places(self) -> tuple[int, int]:
        """(rows, columns) of a frame's patches."""
        side = self._network.config.sample_size // self._network.config.patch_size
        return side, side

    def frame_attention(
        self, latents: np.ndarray, timestep: float, prompt: str, place: tuple[int, int]
    ) -> FrameAttention:
        """Each layer's self-attention from the place while it predicts for one film's latents."""
        from core.nets.video_inside import looks

        rows, columns = self.places()
        with looks(self._network, place[0] * columns + place[1]) as (within, through):
            self._told(latents[None], timestep, [prompt])
        maps = np.stack([layer.transpose(0, 1).unflatten(2, (rows, columns)).cpu().numpy() for layer in within])
        return FrameAttention(maps, np.stack([layer.cpu().numpy() for layer in through]))

    def frames(self, latents: np.ndarray) -> np.ndarray:
        """[frame height width rgb] as the autoencoder decodes each frame of [channel frame row column]."""
        return self._autoencoder.decode(latents.swapaxes(0, 1) * self._deviation + self._mean)

    def _told(
        self, latents: np.ndarray, timestep: float, prompts: Sequence[str], temporal: bool = True
    ) -> np.ndarray:
        """What the network itself answers, whichever it was taught to tell; not how sure it is of it."""
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(latents.astype(np.float32)).to(self.device)
            told = self._network(
                given,
                timestep=torch.full((len(latents),), timestep, device=self.device),
                encoder_hidden_states=torch.from_numpy(self._words(prompts)).to(self.device),
                enable_temporal_attentions=temporal,
            ).sample[:, : latents.shape[1]]
            told = told.cpu().numpy()
        return numbers(told, self.checkpoint.title)

    def _words(self, prompts: Sequence[str]) -> np.ndarray:
        """[image token dim] as the network was taught to take them: it looks at padding too.

        Latte reads in small letters and cuts what it reads to the longest sentence; the empty one's padding is left as
        the tower makes it, that of others is zero.
        """
        prompts = [prompt.lower().strip() if self._own_words else prompt for prompt in prompts]
        texts = list(dict.fromkeys(prompts))
        found = self._text.word_states(texts)
        order = [texts.index(prompt) for prompt in prompts]
        empty = np.array([self._own_words and not text for text in texts])
        states = found.states * (found.read | empty[:, None])[:, :, None]
        if not self._own_words:
            self._check(texts, found.read.sum(axis=1))
            states = states[:, :FILLED]
            states = np.pad(states, ((0, 0), (0, FILLED - states.shape[1]), (0, 0)))
        return states[order].astype(np.float32)

    def _check(self, texts: Sequence[str], counts: np.ndarray) -> None:
        for text, count in zip(texts, counts, strict=True):
            if count > FILLED:
                raise LoupeError(
                    "The sentence {text!r} has {count} tokens; {title} reads at most {window}. Shorten it.",
                    text=text if len(text) <= 60 else text[:57] + "...",
                    count=int(count),
                    title=self.checkpoint.title,
                    window=FILLED,
                )
