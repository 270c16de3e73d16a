"""demo-gpt: a small causal language model (Radford et al. 2019) on WordNet's glosses and the clip art's captions.

    python -m zoo.gpt --minutes 15

Held out: one gloss and one caption in fifty, judged by perplexity a token against a Kneser-Ney trigram.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from core.checkpoints import ASSETS
from zoo.glosses import captions, glosses
from zoo.ngrams import Trigram
from zoo.sources import CACHE
from zoo.training import train

FOLDER = CACHE / "gpt"
TARGET = ASSETS / "checkpoints" / "demo-gpt"
END = "<|endoftext|>"
VOCABULARY, BLOCK, BATCH = 4096, 128, 24


def texts() -> tuple[list[str], list[str]]:
    """(learnt, held out): "word: definition", examples, captions, each a text of its own."""
    learnt, held = captions()
    learnt, held = [*learnt], [*held]
    for gloss in glosses():
        (held if gloss.held_out else learnt).extend(
            [f"{gloss.words[0]}: {'; '.join(gloss.definitions)}", *gloss.examples]
        )
    return learnt, held


def tokenizer(learnt: list[str]) -> PreTrainedTokenizerFast:
    """Bytes merged in pairs, so that no script is unknown."""
    if not (FOLDER / "tokenizer.json").exists():
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
        )
        made.train_from_iterator(learnt, trainer)
        fast = PreTrainedTokenizerFast(
            tokenizer_object=made, model_max_length=BLOCK, bos_token=END, eos_token=END, unk_token=END
        )
        fast.save_pretrained(FOLDER)
    return PreTrainedTokenizerFast.from_pretrained(FOLDER)


def numbered(fast: PreTrainedTokenizerFast, lines: list[str]) -> list[list[int]]:
    """Each text as token numbers between two end tokens, at most as long as the window."""
    return [[0, *ids[: BLOCK - 2], 0] for ids in fast(lines, add_special_tokens=False, verbose=False)["input_ids"]]


def blocks(sequences: list[list[int]]) -> Iterator[torch.Tensor]:
    """[text token]: the texts in random order, one after the other, cut into windows."""
    rng = random.Random(0)
    while True:
        rng.shuffle(sequences)
        line = np.concatenate([np.array(ids[1:]) for ids in sequences])
        usable = len(line) // BLOCK * BLOCK
        windows = torch.from_numpy(line[:usable].reshape(-1, BLOCK))
        for start in range(0, len(windows) - BATCH, BATCH):
            yield windows[start : start + BATCH]


@torch.inference_mode()
def perplexity(model: GPT2LMHeadModel, sequences: list[list[int]]) -> float:
    """e to the mean loss over all tokens, the end included, each text read alone."""
    loss, count = 0.0, 0
    ordered = sorted(sequences, key=len)
    for start in range(0, len(ordered), 64):
        batch = ordered[start : start + 64]
        longest = max(map(len, batch))
        ids = torch.tensor([s + [0] * (longest - len(s)) for s in batch])
        labels = torch.tensor([s + [-100] * (longest - len(s)) for s in batch])[:, 1:]
        logits = model(ids).logits[:, :-1].float()
        loss += float(functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum"))
        count += int((labels >= 0).sum())
    return float(np.exp(loss / count))


def trigram_perplexity(learnt: list[list[int]], held: list[list[int]]) -> float:
    """The same of a trigram: a second end token stands before each text, so that its first word has two before."""
    model = Trigram(([0, *ids] for ids in learnt), VOCABULARY)
    losses = []
    for ids in held:
        padded = [0, *ids]
        losses += [-np.log(model.next(*padded[n - 2 : n])[padded[n]]) for n in range(2, len(padded))]
    return float(np.exp(np.mean(losses)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--threads", type=int, default=1)
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    learnt, held = texts()
    FOLDER.mkdir(parents=True, exist_ok=True)
    fast = tokenizer(learnt)
    sequences, judged = numbered(fast, learnt), numbered(fast, held)
    settled: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "n_positions": BLOCK,
        "n_embd": 192,
        "n_layer": 4,
        "n_head": 6,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "attn_implementation": "eager",
        "activation_function": "gelu_pytorch_tanh",
    }
    config = GPT2Config(**settled)
    model = GPT2LMHeadModel(config)
    print(len(learnt), len(held), sum(map(len, sequences)), sum(p.numel() for p in model.parameters()), flush=True)
    few = judged[::8]

    def loss_of(ids: torch.Tensor) -> torch.Tensor:
        return model(ids, labels=ids).loss

    def judge() -> dict[str, float]:
        return {"perplexity": perplexity(model, few)}

    curve = train(model, blocks(sequences), loss_of, FOLDER, settings.minutes, 5e-3, judge)
    model = model.half().float().eval()
    scores = {
        "perplexity": perplexity(model, judged),
        "trigram": trigram_perplexity(sequences, judged),
        "texts": len(judged),
        "tokens": sum(len(ids) - 1 for ids in judged),
    }
    print(scores, flush=True)
    partial = TARGET.with_name(TARGET.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial, max_shard_size="16MB")
    begun = processors.TemplateProcessing(single=f"{END} $A", special_tokens=[(END, 0)])
    fast.backend_tokenizer.post_processor = begun  # each text was learnt after an end token
    fast.save_pretrained(partial)
    (partial / "curve.json").write_text(json.dumps({"scores": scores, "curve": curve}, indent=1))
    for card in TARGET.glob("README.md"):
        shutil.copy(card, partial)
    shutil.rmtree(TARGET, ignore_errors=True)
    partial.rename(TARGET)


if __name__ == "__main__":
    main()
