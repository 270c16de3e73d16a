"""Tiny random diffusion models, written as diffusers writes its pipelines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import transformers

from tests.tiny_rebuilding import DOWN, SIZES, UP, randomise

UNET: dict[str, Any] = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4}
# Of Stable Diffusion: no clipping, the first timestep moved by one, the last alpha is the first of the schedule.
LATENT: dict[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
    "set_alpha_to_one": False, "steps_offset": 1,
}  # fmt: skip


def ddpm(folder: Path) -> None:
    """All in one folder, as the hub's oldest pixel models lie."""
    pixel_unet().save_pretrained(folder)
    diffusers.DDPMScheduler().save_pretrained(folder)


def latent_diffusion(folder: Path) -> None:
    stable_diffusion().save_pretrained(folder)


def pixel_unet() -> Any:
    unet = diffusers.UNet2DModel(
        **UNET,
        sample_size=16,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
    )
    return randomise(unet)


def word_unet(channels: int = 4, words: int = 32) -> Any:
    unet = diffusers.UNet2DConditionModel(
        **UNET,
        sample_size=8,
        in_channels=channels,
        out_channels=channels,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=words,
        attention_head_dim=2,
    )
    return randomise(unet)


def stable_diffusion() -> Any:
    from tests import tiny

    tokenizer = tiny.bpe()
    config = transformers.CLIPTextConfig(
        **tiny.WIDTH, **tiny.words(tokenizer), bos_token_id=0, eos_token_id=1, pad_token_id=1
    )
    vae = diffusers.AutoencoderKL(
        **SIZES, down_block_types=DOWN, up_block_types=UP, latent_channels=4, sample_size=16
    )
    return diffusers.StableDiffusionPipeline(
        vae=randomise(vae),
        text_encoder=randomise(transformers.CLIPTextModel(config)),
        tokenizer=tokenizer,
        unet=word_unet(),
        scheduler=diffusers.DDIMScheduler(**LATENT),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def video_diffusion(folder: Path) -> None:
    latte().save_pretrained(folder)


def video_transformer(channels: int = 4, out: int | None = None, words: int = 32) -> Any:
    transformer = diffusers.LatteTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=out,
        num_layers=2,
        cross_attention_dim=24,
        attention_bias=True,
        sample_size=8,
        patch_size=2,
        activation_fn="gelu-approximate",
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        caption_channels=words,
        video_length=4,
    )
    return randomise(transformer)


def latte() -> Any:
    """Its network also tells how sure it is, in as many channels again."""
    from tests import tiny_language

    tokenizer = tiny_language.unigram([])
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, pad_token_id=0
    )
    vae = diffusers.AutoencoderKL(
        **SIZES, down_block_types=DOWN, up_block_types=UP, latent_channels=4, sample_size=16
    )
    return diffusers.LattePipeline(
        tokenizer=tokenizer,
        text_encoder=randomise(transformers.T5EncoderModel(config)),
        vae=randomise(vae),
        transformer=video_transformer(out=8),
        scheduler=diffusers.DDIMScheduler(beta_schedule="linear", clip_sample=False),
    )


KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "ddpm": ("ddpm", ddpm),
    "latent_diffusion": ("latent_diffusion", latent_diffusion),
    "video_diffusion": ("video_diffusion", video_diffusion),
}
