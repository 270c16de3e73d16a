"""Tiny random checkpoints of each class, written as save_pretrained writes them, without a network."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from core.checkpoints import Checkpoint
from core.nets.hybrid_vit import HybridViTConfig, HybridViTModel
from tests import tiny_diffusion, tiny_language, tiny_rebuilding, tiny_vision

torch.set_num_threads(1)  # in networks this small, threads only wait for each other

SENTENCES = [
    "a red apple on a table",
    "a sleeping cat and a house",
    "two rockets fly over the sea at night",
    "一个红色的苹果",
    "一只猫在房子里睡觉",
]
WIDTH: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def clip(folder: Path) -> None:
    tokenizer = bpe()
    text = WIDTH | words(tokenizer) | {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    vision = WIDTH | {"image_size": 32, "patch_size": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    save(folder, transformers.CLIPModel(config), tokenizer, transformers.CLIPImageProcessorPil(**square(32)))


def siglip(folder: Path) -> None:
    tokenizer = sentencepiece(folder)
    text = WIDTH | words(tokenizer) | {"bos_token_id": None, "eos_token_id": 1, "pad_token_id": 1}
    vision = WIDTH | {"image_size": 32, "patch_size": 16}
    config = transformers.SiglipConfig(text_config=text, vision_config=vision)
    size = {"height": 32, "width": 32}
    save(folder, transformers.SiglipModel(config), tokenizer, transformers.SiglipImageProcessorPil(size=size))


def align(folder: Path) -> None:
    tokenizer = wordpiece()
    vision = {
        "image_size": 32, "width_coefficient": 0.2, "depth_coefficient": 0.3, "hidden_dim": 16,
        "kernel_sizes": [3, 3], "in_channels": [32, 16], "out_channels": [16, 64], "strides": [1, 2],
        "num_block_repeats": [1, 1], "expand_ratios": [1, 6], "depthwise_padding": [],
    }  # fmt: skip
    config = transformers.AlignConfig(
        text_config=WIDTH | words(tokenizer),
        vision_config=vision, projection_dim=16, temperature_init_value=0.07,
    )  # fmt: skip
    size = {"height": 36, "width": 36}
    processor = transformers.EfficientNetImageProcessorPil(
        size=size, crop_size={"height": 32, "width": 32}, do_center_crop=True, rescale_factor=1 / 127.5,
        rescale_offset=True, include_top=False,
    )  # fmt: skip
    save(folder, transformers.AlignModel(config), tokenizer, processor)


def chinese_clip(folder: Path) -> None:
    tokenizer = wordpiece()
    config = transformers.ChineseCLIPConfig(
        text_config=WIDTH | words(tokenizer),
        vision_config={**WIDTH, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    size = {"height": 32, "width": 32}
    processor = transformers.ChineseCLIPImageProcessorPil(size=size, do_center_crop=False)
    save(folder, transformers.ChineseCLIPModel(config), tokenizer, processor)


def dual(folder: Path) -> None:
    vision = transformers.ViTModel(transformers.ViTConfig(**WIDTH, image_size=32, patch_size=8))
    size = {"height": 32, "width": 32}
    save(folder, *joined(vision), transformers.ViTImageProcessorPil(size=size))


def hybrid(folder: Path) -> None:
    vision = HybridViTModel(HybridViTConfig(**WIDTH, image_size=64))
    size = {"height": 64, "width": 64}
    save(folder, *joined(vision), transformers.ViTImageProcessorPil(size=size))


def swin(folder: Path) -> None:
    """A vision tower whose attention stays within windows."""
    config = transformers.SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[2, 2],
                                     window_size=4)  # fmt: skip
    size = {"height": 32, "width": 32}
    save(folder, *joined(transformers.SwinModel(config)), transformers.ViTImageProcessorPil(size=size))


CLASSES: dict[str, Callable[[Path], None]] = {
    "clip": clip,
    "siglip": siglip,
    "chinese_clip": chinese_clip,
    "dual": dual,
    "hybrid": hybrid,
    "swin": swin,
    "align": align,
}
# Of the other families: kind -> (family, what writes it).
OTHERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    **tiny_vision.KINDS,
    **tiny_rebuilding.KINDS,
    **tiny_language.KINDS,
    **tiny_diffusion.KINDS,
}


def make(kind: str, folder: Path) -> Checkpoint:
    """The checkpoint of this class in this new folder, the same one each time."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    family, write = OTHERS.get(kind) or ("align" if kind == "align" else "clip", CLASSES[kind])
    write(folder)
    return Checkpoint(kind, family, "CLIP", str(folder), f"tiny {kind}", 1, "none")


def save(folder: Path, model: Any, tokenizer: Any, processor: Any) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:  # the usual start is so small that every picture gives nearly one vector
                parameter.normal_(0, (2 / parameter[0].numel()) ** 0.5)
            elif "logit_scale" in name:
                parameter.fill_(3.0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)


def joined(vision: Any) -> tuple[Any, Any]:
    tokenizer = wordpiece()
    text = transformers.BertModel(transformers.BertConfig(**WIDTH, **words(tokenizer)))
    return transformers.VisionTextDualEncoderModel(vision_model=vision, text_model=text), tokenizer


def words(tokenizer: Any) -> dict[str, int]:
    return {"vocab_size": len(tokenizer), "max_position_embeddings": 48}


def wordpiece() -> Any:
    """BERT's kind: whole words, Chinese characters one by one, the rest in letters."""
    words = {word for sentence in SENTENCES[:3] for word in sentence.split()}
    characters = {character for sentence in SENTENCES for character in sentence if character != " "}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *sorted(words | characters), *sorted(f"##{c}" for c in characters if c.isascii())]
    tokenizer = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=48, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip


def bpe() -> Any:
    """CLIP's kind: bytes, nothing merged."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=48)


def sentencepiece(folder: Path) -> Any:
    """SigLIP's kind: a sentencepiece model, lower case, no punctuation, the end token for padding."""
    from sentencepiece import SentencePieceTrainer

    written = BytesIO()
    SentencePieceTrainer.Train(
        sentence_iterator=iter(SENTENCES), model_writer=written, vocab_size=50, hard_vocab_limit=False,
        minloglevel=2, pad_id=-1, bos_id=-1, eos_id=1, unk_id=0,
    )  # fmt: skip
    file = folder / "spiece.model"
    file.write_bytes(written.getvalue())
    return transformers.SiglipTokenizer(vocab_file=str(file), model_max_length=48, model_input_names=["input_ids"])


def square(side: int) -> dict[str, Any]:
    return {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}


def pictures() -> list[Image.Image]:
    """Three pictures of different shapes: a ramp, a wide one, a tall one of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 40, 3), dtype=np.uint8)
    ramp = Image.linear_gradient("L")
    wide = Image.merge("RGB", (ramp, Image.radial_gradient("L"), ramp.rotate(90))).resize((80, 50))
    square = Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180))).resize((200, 200))
    return [square, wide, Image.fromarray(noise)]
