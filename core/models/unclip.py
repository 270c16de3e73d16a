"""unCLIP (Ramesh et al. 2022, arXiv 2204.06125): a prior turns a sentence into a picture's vector, and a decoder draws
toward that vector in an autoencoder's latents.

The decoder is our VectorDiT, or the UNet2DConditionModel of Kandinsky 2.2 (Razzhigaev et al. 2023, arXiv 2310.03502).
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from PIL.Image import Image

from core.capabilities import Autoencoder
from core.checkpoints import Checkpoint
from core.denoising import Prediction, Schedule
from core.errors import LoupeError
from core.looking import Looking
from core.prior import Prior
from core.toward_vectors import VectorEncoder
from core.unquantised import Unquantised
from core.weights import numbers, size_bytes


class Unclip(Looking):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("KandinskyV22CombinedPipeline", "KandinskyV22Pipeline")
    TAB: ClassVar[str] = "unCLIP"

    def __init__(
        self,
        checkpoint: Checkpoint,
        decoder: Any,
        schedule: Schedule,
        prior: Prior,
        autoencoder: Autoencoder,
        spread: tuple[np.ndarray, np.ndarray],
        device: str,
        own: Sequence[Any] = (),
    ):
        """spread: mean and standard deviation of the autoencoder's latents; own: which of prior and autoencoder are
        no other checkpoint's."""
        import torch

        self.checkpoint = checkpoint
        self.device = device
        self._decoder = decoder.to(device)
        self._schedule = schedule
        self._prior = prior
        self._autoencoder = autoencoder
        self._mean, self._deviation = spread
        self._own = tuple(own)
        mine = [prior.network] if prior in self._own else []
        self._network = torch.nn.ModuleList([self._decoder, *mine])

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        device: str,
        prior: Prior | None = None,
        encoder: VectorEncoder | None = None,
        autoencoder: Autoencoder | None = None,
    ) -> Self:
        """With an encoder the prior lies in the checkpoint's own folder, and so does a VectorDiT; else it is Kandinsky.

        Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class.
        """
        from core.nets import diffused

        if encoder is not None and autoencoder is not None:
            decoder = diffused.network(checkpoint, "VectorDiT", "transformer")
            schedule, spread = diffused.schedule(checkpoint), diffused.spread(checkpoint)
            prior = Prior.among(checkpoint, device, prefix="prior_", encoder=encoder)
            return cls(checkpoint, decoder, schedule, prior, autoencoder, spread, device, [prior])
        decoder = diffused.unet_toward_vectors(checkpoint)
        if prior is None and not diffused.part_of(checkpoint, "prior_prior"):
            raise LoupeError(
                "{title} draws toward vectors and has no prior that reads sentences. Name a folder that has both, as "
                "KandinskyV22CombinedPipeline saves it.",
                title=checkpoint.title,
            )
        coder = diffused.network(checkpoint, "VQModel", "movq")
        side = decoder.config.sample_size * 2 ** (len(coder.config.block_out_channels) - 1)
        own: list[Any] = [movq := Unquantised(checkpoint, coder, side, device)]
        if prior is None:
            own.append(prior := Prior.among(checkpoint, device, "prior_prior", "prior_"))
        even = np.zeros((1, 1, 1)), np.ones((1, 1, 1))
        return cls(checkpoint, decoder, diffused.schedule(checkpoint), prior, movq, even, device, own)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take, those of other checkpoints not counted."""
        return size_bytes(self._decoder) + sum(part.size_bytes for part in self._own)

    def shape(self) -> tuple[int, int, int]:
        """Of one picture's latents."""
        config = self._decoder.config
        return config.in_channels, config.sample_size, config.sample_size

    def schedule(self) -> Schedule:
        """Of the decoder's training."""
        return self._schedule

    def words(self) -> bool:
        """It draws from them, by way of the prior."""
        return True

    def read(self, prompts: Sequence[Any], seed: int) -> Sequence[Any]:
        """Each text as the vector [dim] that the prior makes of it. Raises LoupeError for a too long one."""
        texts = list(dict.fromkeys(one for one in prompts if isinstance(one, str) and one))
        found = dict(zip(texts, self._prior.vectors(texts, seed), strict=True)) if texts else {}
        return [found.get(one, one) if isinstance(one, str) else one for one in prompts]

    def predict(self, latents: np.ndarray, timestep: float, prompts: Sequence[Any]) -> Prediction:
        """Noise and clean latents, toward a vector [dim] or what the prior makes of a text; "" is toward none."""
        import torch

        given = [self._prior.blank if isinstance(one, str) else one for one in self.read(prompts, 0)]
        with torch.inference_mode():
            noisy = torch.from_numpy(latents.astype(np.float32)).to(self.device)
            vectors = torch.from_numpy(np.stack(given).astype(np.float32)).to(self.device)
            when = torch.full((len(latents),), timestep, device=self.device)
            told = self._decoder(noisy, when, **self._toward(vectors)).sample
        told = told[:, : latents.shape[1]].cpu().numpy()  # beside the noise Kandinsky tells how unsure of it it is
        return self._schedule.prediction(numbers(told, self.checkpoint.title), latents, timestep)

    def latents(self, images: list[Image]) -> np.ndarray:
        """Those of the squares in the pictures' middles."""
        squares = np.stack([self._autoencoder.seen(image) for image in images])
        return ((self._autoencoder.encode(squares) - self._mean) / self._deviation).astype(np.float32)

    def pictures(self, latents: np.ndarray) -> np.ndarray:
        """[image height width rgb] as the autoencoder decodes them."""
        return self._autoencoder.decode(latents * self._deviation + self._mean)

    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """[text dim]: of the prior's dual encoder."""
        return self._prior.text_vectors(texts)

    def picture_vectors(self, images: list[Image]) -> np.ndarray:
        """[image dim]: of the same."""
        return self._prior.picture_vectors(images)

    def imagined(self, prompt: str, seeds: Sequence[int], guidance: float | None = None) -> Iterator[np.ndarray]:
        """See ``core.prior.Prior``."""
        return self._prior.imagined(prompt, seeds, guidance)

    def _takes_noise_away(self) -> Any:
        return self._decoder

    def _toward(self, vectors: Any) -> dict[str, Any]:
        """Vectors [image dim] as the decoder takes them: with variance 1 a number, or as they are."""
        import torch

        if "addition_embed_type" in self._decoder.config:
            return {"encoder_hidden_states": None, "added_cond_kwargs": {"image_embeds": vectors}}
        return {"class_labels": torch.nn.functional.normalize(vectors, dim=-1) * vectors.shape[-1] ** 0.5}
