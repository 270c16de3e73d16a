"""The averaged weights of demo-clip as transformers saves them, and their scores as loaded from there.

python -m zoo.clip_export
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from transformers import AutoTokenizer, ViTImageProcessorPil

from core.checkpoints import ASSETS
from zoo.clip import FOLDER, TEXT, build
from zoo.pictures import SIDE

LONGEST = 128  # tokens of a text; MiniLM has learnt no more
TARGET = ASSETS / "checkpoints" / "demo-clip"


def export(state: Path, target: Path) -> None:
    """Half precision, in shards of 16 MB where a tensor allows, with tokenizer and image processor."""
    model = build()
    kept = torch.load(state, weights_only=True)
    model.load_state_dict(kept["slow"])
    text, positions = model.text_model, model.text_model.embeddings.position_embeddings
    positions.weight = torch.nn.Parameter(positions.weight[:LONGEST].clone())
    text.config.max_position_embeddings = model.config.text_config.max_position_embeddings = LONGEST
    text.config._name_or_path = model.config.text_config._name_or_path = ""  # the folder where it was trained
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial, max_shard_size="16MB")
    AutoTokenizer.from_pretrained(TEXT).save_pretrained(partial)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(partial)
    (partial / "curve.json").write_text(json.dumps(kept["log"], indent=1))
    for file in target.glob("README.md"):
        shutil.copy(file, partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="main")
    export(FOLDER / parser.parse_args().name / "state.pt", TARGET)


if __name__ == "__main__":
    main()
