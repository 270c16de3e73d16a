"""demo-bert: a small BERT (Devlin et al. 2018) on WordNet's glosses: masked words and next sentence.

    python -m zoo.bert --minutes 25

Its table of words starts from MiniLM's, cut to the directions that differ most, its places from sines and cosines;
all else from random numbers. For the first third of the time it guesses the next word with the right side hidden,
which teaches from every word instead of a few; then masked words and next sentence (Gisserot-Boukhlef et al. 2025,
arXiv 2507.00994).

Held out: one gloss in fifty. Masked words are judged by top-1 and top-5 against the most frequent words and a
trigram of the two words on the left; next sentence by accuracy on as many true as foreign second sentences.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForPreTraining, PreTrainedTokenizerFast

from core.checkpoints import ASSETS
from zoo.clip_text import minilm
from zoo.glosses import Gloss, captions, glosses
from zoo.ngrams import Trigram
from zoo.sources import CACHE
from zoo.training import train

FOLDER = CACHE / "bert"
TARGET = ASSETS / "checkpoints" / "demo-bert"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, CLS, SEP, MASK = 0, 2, 3, 4
VOCABULARY, WINDOW, BATCH = 4096, 128, 64
MASKED = 0.4  # teaches quicker than the usual 0.15 (Wettig et al. 2022, arXiv 2202.08005), by which it is judged
CAUSAL = 1 / 3  # share of the time
RATE, MUON_RATE = 2e-3, 0.01  # above, a network with its norms behind the layers hardly moves
Pair = tuple[list[int], list[int]]


def sentences(gloss: Gloss) -> list[str]:
    """What can stand side by side: the words as a sentence, the definitions, the examples."""
    return [", ".join(gloss.words[:4]), *gloss.definitions, *gloss.examples]


def tokenizer(lines: list[str]) -> PreTrainedTokenizerFast:
    """BERT's own kind: lower case, no accents, pieces of words."""
    if not (FOLDER / "tokenizer.json").exists():
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        made.train_from_iterator(
            lines,
            trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False),
        )
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
        )
        names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
        PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=WINDOW, **names).save_pretrained(FOLDER)
    return PreTrainedTokenizerFast.from_pretrained(FOLDER)


def numbered(fast: PreTrainedTokenizerFast, found: list[Gloss]) -> list[list[list[int]]]:
    """The sentences of each gloss as token numbers."""
    flat = [text for gloss in found for text in sentences(gloss)]
    ids = iter(fast(flat, add_special_tokens=False, verbose=False)["input_ids"])
    return [[next(ids)[: WINDOW // 2 - 2] for _ in sentences(gloss)] for gloss in found]


def pairs(groups: list[list[list[int]]], rng: random.Random) -> Iterator[tuple[Pair, int]]:
    """Two sentences of one gloss (label 0, the library's "is next") or of two glosses (1), as often.

    One in eight is grown with the neighbouring glosses, so that late positions are learnt too.
    """
    while True:
        at = rng.randrange(len(groups))
        first = rng.randrange(len(groups[at]) - 1)
        label = rng.randrange(2)
        other = groups[rng.randrange(len(groups))] if label else groups[at]
        second = min(first + 1, len(other) - 1) if label else first + 1
        one, two = groups[at][first], other[second]
        if rng.random() < 0.125:
            for near in groups[at + 1 : at + 4]:
                one = (one + near[1])[: WINDOW // 2 - 2]
        yield (one, two), label


def joined(batch: list[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
    """(numbers, segments) [text token], padded."""
    longest = max(len(a) + len(b) + 3 for a, b in batch)
    ids, segments = (
        torch.zeros(len(batch), longest, dtype=torch.long),
        torch.zeros(len(batch), longest, dtype=torch.long),
    )
    for row, (a, b) in enumerate(batch):
        ids[row, : len(a) + len(b) + 3] = torch.tensor([CLS, *a, SEP, *b, SEP])
        segments[row, len(a) + 2 : len(a) + len(b) + 3] = 1
    return ids, segments


def batches(groups: list[list[list[int]]]) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches of pairs of about one length, with the numbers as they were and as the model sees them."""
    rng, noise = random.Random(0), torch.Generator().manual_seed(0)
    source = pairs(groups, rng)
    while True:
        pool = sorted((next(source) for _ in range(20 * BATCH)), key=lambda item: sum(map(len, item[0])))
        starts = list(range(0, len(pool), BATCH))
        rng.shuffle(starts)
        for start in starts:
            items = pool[start : start + BATCH]
            ids, segments = joined([pair for pair, _ in items])
            chosen = (torch.rand(ids.shape, generator=noise) < MASKED) & (ids > MASK)
            dice = torch.rand(ids.shape, generator=noise)
            seen = torch.where(chosen & (dice < 0.8), MASK, ids)
            foreign = torch.randint(MASK + 1, VOCABULARY, ids.shape, generator=noise)
            seen = torch.where(chosen & (dice > 0.9), foreign, seen)
            yield ids, seen, segments, chosen, torch.tensor([label for _, label in items])


def leftwards(ids: torch.Tensor) -> torch.Tensor:
    """[text 1 token token] added to the scores, so that each token reads itself and those before it.

    In numbers: the eager attention would add true and false as 1 and 0, and hide nothing.
    """
    seen = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril() & (ids != PAD)[:, None, None]
    return torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)


@torch.inference_mode()
def judged(model: BertForPreTraining, groups: list[list[list[int]]], count: int) -> dict[str, float]:
    """Top-1 and top-5 of masked words, accuracy of next sentence, on ``count`` pairs of the held-out glosses."""
    model.eval()
    source = pairs(groups, random.Random(1))
    noise = torch.Generator().manual_seed(1)
    right, five, words, sure = 0, 0, 0, 0
    for _ in range(count // BATCH):
        items = [next(source) for _ in range(BATCH)]
        ids, segments = joined([pair for pair, _ in items])
        labels = torch.tensor([label for _, label in items])
        said = model(ids, attention_mask=ids != PAD, token_type_ids=segments).seq_relationship_logits
        sure += int((said.argmax(-1) == labels).sum())
        true = [items[n][0] for n in range(BATCH) if items[n][1] == 0]
        ids, segments = joined(true)
        chosen = (torch.rand(ids.shape, generator=noise) < 0.15) & (ids > MASK)
        states = model.bert(
            torch.where(chosen, MASK, ids), attention_mask=ids != PAD, token_type_ids=segments
        ).last_hidden_state
        best = model.cls.predictions(states[chosen]).topk(5).indices
        hit = best == ids[chosen][:, None]
        right, five, words = right + int(hit[:, 0].sum()), five + int(hit.any(1).sum()), words + len(hit)
    model.train()
    return {"top1": right / words, "top5": five / words, "next": sure / (count // BATCH * BATCH), "words": words}


def baselines(learnt: list[list[list[int]]], held: list[list[list[int]]], count: int) -> dict[str, float]:
    """The same share of words guessed from their frequency, and from the two words on their left."""
    model = Trigram(([SEP, CLS, *ids, SEP] for group in learnt for ids in group), VOCABULARY)
    source, rng = pairs(held, random.Random(1)), random.Random(2)
    common = np.argsort(-np.where(np.arange(VOCABULARY) > MASK, model.unigram, 0))[:5]
    hits, words = np.zeros(4), 0
    for _ in range(count):
        (one, two), label = next(source)
        if label:
            continue
        for sentence in (one, two):
            padded = [SEP, CLS, *sentence]
            for n in range(2, len(padded)):
                if rng.random() < 0.15 and padded[n] > MASK:
                    guess = np.argsort(-model.next(padded[n - 2], padded[n - 1]))[:5]
                    hits += [padded[n] == common[0], padded[n] in common, padded[n] == guess[0], padded[n] in guess]
                    words += 1
    names = ("unigram_top1", "unigram_top5", "trigram_top1", "trigram_top5")
    return dict(zip(names, (hits / words).tolist(), strict=True))


@torch.no_grad()
def begin(model: BertForPreTraining, fast: PreTrainedTokenizerFast, groups: list[list[list[int]]]) -> int:
    """Start from what is known: MiniLM's vectors of the same pieces in their main directions, how often each is, and
    places of which near ones are alike.

    How many pieces MiniLM knows; the others keep their random start.
    """
    teacher = AutoModel.from_pretrained(minilm()).get_input_embeddings().weight
    theirs = AutoTokenizer.from_pretrained(minilm()).get_vocab()
    shared = [(number, theirs[piece]) for piece, number in fast.get_vocab().items() if piece in theirs]
    ours, known = map(list, zip(*shared, strict=True))
    rows = teacher[known] - teacher[known].mean(0)
    directions = torch.linalg.svd(rows, full_matrices=False).Vh[: model.config.hidden_size]
    start = rows @ directions.T
    table: Any = model.get_input_embeddings().weight
    table[ours] = start * (0.03 / start.std())
    table[PAD] = 0
    model.bert.embeddings.position_embeddings.weight.copy_(0.02 * sinusoids(WINDOW, model.config.hidden_size))
    counts = np.bincount([n for group in groups for ids in group for n in ids], minlength=VOCABULARY)
    model.cls.predictions.bias.copy_(torch.from_numpy(np.log((counts + 0.1) / (counts + 0.1).sum())))
    return len(ours)


def sinusoids(places: int, width: int) -> torch.Tensor:
    """[place dim] of Vaswani et al. (2017), with a spread of 1, turned at random among the dimensions."""
    angles = torch.arange(places)[:, None] * 10_000 ** (-torch.arange(0, width, 2) / width)
    table = torch.cat([angles.sin(), angles.cos()], 1)
    return table @ torch.linalg.qr(torch.randn(width, width)).Q / table.std()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--threads", type=int, default=1)
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    learnt, held = ([g for g in glosses() if g.held_out == out] for out in (False, True))
    fast = tokenizer([text for gloss in learnt for text in sentences(gloss)] + captions()[0])
    groups, kept_out = numbered(fast, learnt), numbered(fast, held)
    settled: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 192,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "intermediate_size": 768,
        "max_position_embeddings": WINDOW,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "attn_implementation": "eager",
    }
    config = BertConfig(**settled)
    model = BertForPreTraining(config)
    print(begin(model, fast, groups), "pieces known to MiniLM")
    print(len(groups), len(kept_out), sum(p.numel() for p in model.parameters()), flush=True)

    def loss_of(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        ids, seen, segments, chosen, labels = batch
        outputs = model.bert(seen, attention_mask=ids != PAD, token_type_ids=segments)
        words = model.cls.predictions(outputs.last_hidden_state[chosen])
        following = model.cls.seq_relationship(outputs.pooler_output)
        return functional.cross_entropy(words, ids[chosen]) + functional.cross_entropy(following, labels)

    def causal_loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        ids, _, segments, _, _ = batch
        outputs = model.bert(ids, attention_mask=leftwards(ids), token_type_ids=segments)
        following = ids[:, 1:] > MASK
        words = model.cls.predictions(outputs.last_hidden_state[:, :-1][following])
        return functional.cross_entropy(words, ids[:, 1:][following])

    first, second = settings.minutes * CAUSAL, settings.minutes * (1 - CAUSAL)
    source = batches(groups)
    train(model, source, causal_loss, FOLDER / "causal", first, RATE, dict, MUON_RATE)
    curve = train(model, source, loss_of, FOLDER, second, RATE, lambda: judged(model, kept_out, 256), MUON_RATE)
    model = model.half().float().eval()
    scores = judged(model, kept_out, 8192) | baselines(groups, kept_out, 4096)
    print(scores, flush=True)
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
