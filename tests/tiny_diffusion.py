"""Tiny random diffusion models, written as diffusers writes its pipelines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from tests.tiny_rebuilding import DOWN, SIZES, UP, randomise

UNET: dict[str, Any] = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4}
# Of Stable Diffusion: no clipping, the first timestep moved by one, the last alpha is the first of the schedule.
LATENT: dict[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False,
    "set_alpha_to_one": False, "steps_offset": 1,
}  # fmt: skip
CLASSES = ("tabby, tabby cat", "a red cat, Red Fox", "sunflower, daisy", "sea lion")


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


def dit(folder: Path) -> None:
    class_transformer().save_pretrained(folder)
    index = folder / "model_index.json"
    told = json.loads(index.read_text())
    index.write_text(json.dumps(told | {"id2label": {str(n): names for n, names in enumerate(CLASSES)}}))


def class_transformer() -> Any:
    """As DiT-XL: the network also tells how sure it is, and the scheduler does not clip."""
    vae = diffusers.AutoencoderKL(
        **SIZES, down_block_types=DOWN, up_block_types=UP, latent_channels=4, sample_size=16
    )
    transformer = diffusers.DiTTransformer2DModel(
        num_attention_heads=2, attention_head_dim=8, in_channels=4, out_channels=8, num_layers=3, sample_size=8,
        patch_size=2, num_embeds_ada_norm=len(CLASSES),
    )  # fmt: skip
    scheduler = diffusers.DDIMScheduler(beta_schedule="linear", clip_sample=False)
    return diffusers.DiTPipeline(transformer=randomise(transformer), vae=randomise(vae), scheduler=scheduler)


def prior(folder: Path) -> None:
    prior_pipeline().save_pretrained(folder)


def unclip(folder: Path) -> None:
    """Prior and decoder in one folder."""
    first, decoder = prior_pipeline(), kandinsky()
    parts = {f"prior_{name}": part for name, part in first.components.items()}
    diffusers.KandinskyV22CombinedPipeline(**decoder.components, **parts).save_pretrained(folder)


def prior_pipeline() -> Any:
    from tests import tiny

    tokenizer = tiny.bpe()
    text = transformers.CLIPTextConfig(
        **tiny.WIDTH, **tiny.words(tokenizer), bos_token_id=0, eos_token_id=1, pad_token_id=1, projection_dim=32
    )
    vision = transformers.CLIPVisionConfig(**tiny.WIDTH, image_size=32, patch_size=8, projection_dim=32)
    return diffusers.KandinskyV22PriorPipeline(
        prior=prior_transformer(32, 48),
        image_encoder=randomise(transformers.CLIPVisionModelWithProjection(vision)),
        text_encoder=randomise(transformers.CLIPTextModelWithProjection(text)),
        tokenizer=tokenizer,
        scheduler=diffusers.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
        ),
        image_processor=transformers.CLIPImageProcessorPil(**tiny.square(32)),
    )


def prior_transformer(dim: int, tokens: int) -> Any:
    made = diffusers.PriorTransformer(
        num_attention_heads=2, attention_head_dim=12, num_layers=2, embedding_dim=dim, num_embeddings=tokens
    )
    made = randomise(made)
    made.clip_std.data.fill_(0.5)
    made.clip_mean.data.copy_(torch.linspace(-1, 1, dim)[None])
    return made


def kandinsky() -> Any:
    unet = diffusers.UNet2DConditionModel(
        **UNET,
        sample_size=8,
        in_channels=4,
        out_channels=8,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        addition_embed_type="image",
        addition_embed_type_num_heads=2,
        encoder_hid_dim_type="image_proj",
        encoder_hid_dim=32,
        cross_attention_dim=16,
        attention_head_dim=4,
        resnet_time_scale_shift="scale_shift",
    )
    movq = diffusers.VQModel(
        block_out_channels=(32, 32),  # this norm takes no fewer
        down_block_types=("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        num_vq_embeddings=16,
        vq_embed_dim=4,
        norm_type="spatial",
    )
    scheduler = diffusers.DDPMScheduler(
        beta_start=0.00085, beta_end=0.012, variance_type="learned_range", thresholding=True, sample_max_value=2.0
    )
    return diffusers.KandinskyV22Pipeline(unet=randomise(unet), scheduler=scheduler, movq=randomise(movq))


KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "ddpm": ("ddpm", ddpm),
    "latent_diffusion": ("latent_diffusion", latent_diffusion),
    "dit": ("dit", dit),
    "prior": ("prior", prior),
    "unclip": ("unclip", unclip),
    "video_diffusion": ("video_diffusion", video_diffusion),
}
