"""Tiny random language models of each class, written as save_pretrained writes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SENTENCES = [
    "a red apple on a table",
    "a sleeping cat and a house",
    "two rockets fly over the sea at night",
    "一个红色的苹果",
]
WINDOW = 64


def bert(folder: Path) -> None:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word for sentence in SENTENCES[:3] for word in sentence.split()})
    letters = sorted({letter for sentence in SENTENCES for letter in sentence if letter != " "})
    pieces = [*special, *words, *letters, *(f"##{letter}" for letter in letters if letter.isascii())]
    table = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(models.WordPiece(table, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, model_max_length=WINDOW, **dict(zip(names, special, strict=True))
    )
    config = transformers.BertConfig(
        vocab_size=len(table), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=WINDOW,
    )  # fmt: skip
    save(folder, transformers.BertForPreTraining(config), tokenizer)


def gpt(folder: Path) -> None:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=290, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
        ),
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, model_max_length=WINDOW, bos_token="<|endoftext|>", eos_token="<|endoftext|>"
    )
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=WINDOW,
        n_embd=32,
        n_layer=2,
        n_head=4,
        bos_token_id=0,
        eos_token_id=0,
    )
    save(folder, transformers.GPT2LMHeadModel(config), tokenizer)


def marian(folder: Path) -> None:
    tokenizer = unigram([">>zh<<", ">>de<<"])
    config = transformers.MarianConfig(
        vocab_size=len(tokenizer), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=WINDOW,
        pad_token_id=0, eos_token_id=1, forced_eos_token_id=None, decoder_start_token_id=0, bos_token_id=None,
        scale_embedding=True,
    )  # fmt: skip
    save(folder, transformers.MarianMTModel(config), tokenizer)


def t5(folder: Path) -> None:
    tokenizer = unigram([])
    options: dict[str, Any] = {"n_positions": WINDOW, "decoder_start_token_id": 0}
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, pad_token_id=0,
        eos_token_id=1, **options,
    )  # fmt: skip
    save(folder, transformers.T5ForConditionalGeneration(config), tokenizer)


def unigram(tags: list[str]) -> Any:
    """By pieces of one and two characters; trained ones would be numbered otherwise in every process."""
    special = ["<pad>", "</s>", "<unk>", *tags]
    words = [f"▁{word}" for sentence in [*SENTENCES, "translate English to German: "] for word in sentence.split()]
    letters = sorted({letter for word in words for letter in word})
    pairs = sorted({word[at : at + 2] for word in words for at in (0, len(word) - 2)})
    table = [(piece, 0.0) for piece in special] + [(piece, -2.0) for piece in letters]
    made = Tokenizer(models.Unigram([*table, *((piece, -3.0) for piece in pairs)], unk_id=2))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.add_special_tokens(special)
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, model_max_length=WINDOW, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        additional_special_tokens=tags,
    )  # fmt: skip


def save(folder: Path, model: Any, tokenizer: Any) -> None:
    """With weights so large that attention is uneven and no two tokens are alike."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "positions" not in name:
                parameter.normal_(0, (4 / parameter.shape[-1]) ** 0.5, generator=generator)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


# kind -> (family, what writes it)
KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "bert": ("bert", bert),
    "gpt": ("gpt", gpt),
    "marian": ("marian", marian),
    "t5": ("t5", t5),
}
