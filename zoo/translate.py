"""demo-translate: a small encoder-decoder (Vaswani et al. 2017) from English into Chinese, German, French, Spanish.

    python -m zoo.translate --minutes 18

Held out: one concept in twelve of CLDR's names, in all its variants. Judged by chrF against the translation of the
learnt name that is nearest in English.
"""

import argparse
import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn import functional
from transformers import MarianConfig, MarianMTModel, PreTrainedTokenizerFast

from core.checkpoints import ASSETS
from zoo.chrf import chrf
from zoo.names import LANGUAGES, every_text, judged, learnt, sampled
from zoo.sources import CACHE
from zoo.training import train

FOLDER = CACHE / "translate"
TARGET = ASSETS / "checkpoints" / "demo-translate"
TAGS = {language: f">>{language}<<" for language in LANGUAGES}
SPECIAL = ["<pad>", "</s>", "<unk>", *TAGS.values()]
PAD, END = 0, 1
VOCABULARY, WINDOW, BATCH, LONGEST = 6000, 64, 96, 48


def tokenizer() -> PreTrainedTokenizerFast:
    """Unigram pieces (Kudo 2018) common to all languages; the tag of the target language comes first."""
    if not (FOLDER / "tokenizer.json").exists():
        made = Tokenizer(models.Unigram())
        made.normalizer = normalizers.NFKC()
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Metaspace()]
        )
        made.decoder = decoders.Metaspace()
        made.train_from_iterator(
            every_text(),
            trainers.UnigramTrainer(
                vocab_size=VOCABULARY, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
            ),
        )
        made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", END)])
        fast = PreTrainedTokenizerFast(
            tokenizer_object=made, model_max_length=WINDOW, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
            additional_special_tokens=list(TAGS.values()),
        )  # fmt: skip
        fast.save_pretrained(FOLDER)
    return PreTrainedTokenizerFast.from_pretrained(FOLDER)


def padded(rows: list[list[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def batches(fast: PreTrainedTokenizerFast) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """(source, target) numbers of pairs of about one length."""
    rng = random.Random(0)
    while True:
        pool = [sampled(rng) for _ in range(20 * BATCH)]
        source = fast([f"{TAGS[language]} {english}" for english, language, _ in pool], verbose=False)["input_ids"]
        target = fast([same for _, _, same in pool], verbose=False)["input_ids"]
        rows = sorted(zip(source, target, strict=True), key=lambda row: (len(row[1]), len(row[0])))
        rows = [row for row in rows if max(map(len, row)) <= LONGEST]
        starts = list(range(0, len(rows), BATCH))
        rng.shuffle(starts)
        for start in starts:
            batch = rows[start : start + BATCH]
            yield padded([row[0] for row in batch]), padded([row[1] for row in batch])


@torch.inference_mode()
def translated(model: Any, fast: PreTrainedTokenizerFast, texts: list[str], language: str) -> list[str]:
    """Each text in this language, the likeliest word at each step."""
    found = []
    for start in range(0, len(texts), 64):
        batch = [f"{TAGS[language]} {text}" for text in texts[start : start + 64]]
        inputs = fast(batch, padding=True, return_tensors="pt")
        said = model.generate(
            inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_beams=1,
            do_sample=False,
            max_length=LONGEST,
        )
        found += fast.batch_decode(said, skip_special_tokens=True)
    return found


def scored(model: MarianMTModel, fast: PreTrainedTokenizerFast, every: int = 1) -> dict[str, float]:
    """chrF by language on the held-out names."""
    model.eval()
    scores = {}
    for language in LANGUAGES:
        pairs = [(en, same[language]) for en, same in judged() if language in same][::every]
        scores[language] = chrf(translated(model, fast, [en for en, _ in pairs], language), [to for _, to in pairs])
    model.train()
    return scores


def nearest() -> dict[str, float]:
    """chrF of the baseline: the translation of the learnt name with the most similar letters (trigrams, Dice)."""

    def letters(text: str) -> Counter[str]:
        framed = f"  {text.lower()} "
        return Counter(framed[n : n + 3] for n in range(len(framed) - 2))

    known = [(letters(en), same) for part in learnt() for en, same in part]
    where: dict[str, list[int]] = defaultdict(list)
    for at, (grams, _) in enumerate(known):
        for gram in grams:
            where[gram].append(at)
    guesses: dict[str, tuple[list[str], list[str]]] = {language: ([], []) for language in LANGUAGES}
    for english, same in judged():
        grams = letters(english)
        common = Counter(at for gram in grams for at in where[gram])
        best = sorted(common, key=lambda at: -2 * common[at] / (len(grams) + len(known[at][0])))
        for language in same.keys() & guesses.keys():
            at = next((at for at in best if language in known[at][1]), None)
            guesses[language][0].append(known[at][1][language] if at is not None else "")
            guesses[language][1].append(same[language])
    return {f"nearest_{language}": chrf(*texts) for language, texts in guesses.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=18)
    parser.add_argument("--threads", type=int, default=1)
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    fast = tokenizer()
    settled: dict[str, Any] = {
        "vocab_size": len(fast),
        "d_model": 192,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 6,
        "decoder_attention_heads": 6,
        "encoder_ffn_dim": 768,
        "decoder_ffn_dim": 768,
        "max_position_embeddings": WINDOW,
        "pad_token_id": PAD,
        "eos_token_id": END,
        "forced_eos_token_id": None,
        "decoder_start_token_id": PAD,
        "bos_token_id": None,
        "scale_embedding": True,
        "attn_implementation": "eager",
        "dropout": 0.1,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "activation_function": "swish",
        "share_encoder_decoder_embeddings": True,
        "static_position_embeddings": True,
    }
    config = MarianConfig(**settled)
    model = MarianMTModel(config)
    model.generation_config.max_length = WINDOW
    model.generation_config.bad_words_ids = None
    print(len(judged()), sum(map(len, learnt())), sum(p.numel() for p in model.parameters()), flush=True)

    def loss_of(batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        source, target = batch
        begun = torch.cat([torch.full((len(target), 1), PAD), target[:, :-1]], 1)
        logits = model(source, attention_mask=source != PAD, decoder_input_ids=begun).logits
        labels = target.masked_fill(target == PAD, -100)
        return functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=0.05)

    curve = train(
        model, batches(fast), loss_of, FOLDER, settings.minutes, 5e-3, lambda: scored(model, fast, every=12)
    )
    model = model.half().float().eval()
    scores = scored(model, fast) | nearest() | {"names": len(judged())}
    print(scores, flush=True)
    for language in LANGUAGES:
        print(translated(model, fast, ["a red apple", "sleeping cat", "Germany", "house and garden"], language))
    partial = TARGET.with_name(TARGET.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial, max_shard_size="16MB")
    fast.save_pretrained(partial)
    (partial / "curve.json").write_text(json.dumps({"scores": scores, "curve": curve}, indent=1))
    for card in TARGET.glob("README.md"):
        shutil.copy(card, partial)
    shutil.rmtree(TARGET, ignore_errors=True)
    partial.rename(TARGET)


if __name__ == "__main__":
    main()
