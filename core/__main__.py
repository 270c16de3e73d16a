"""The command line: python -m core index FOLDER [--name N] [--checkpoint K]"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core", description="Loupe without its page.")
    commands = parser.add_subparsers(required=True)
    indexing = commands.add_parser(
        "index",
        help="make a collection of a folder: its pictures, their vectors, their map",
        description="What is no folder or file here is taken for a dataset of the hub, owner/name. A folder may "
        "hold captions.csv or captions.parquet with the columns file and caption. Stop it at any time; the same "
        "command goes on where it was.",
    )
    indexing.add_argument(
        "folder",
        help="a folder of pictures, a Parquet file, or a hub's dataset",
    )
    indexing.add_argument("--name", default="", help="what the collection is called (else as the folder)")
    indexing.add_argument("--checkpoint", default="demo-clip", help="a key of the catalogue, a folder or a hub id")
    indexing.set_defaults(run=index)
    return parser.parse_args(arguments)


def index(chosen: argparse.Namespace) -> None:
    """Collects, embeds and maps; every line said is of what is on the disk already."""
    from core import models
    from core.checkpoints import register
    from core.datasets import bring
    from core.hub import HUB_ID
    from core.joint_map import open_map
    from core.library import Library

    if re.fullmatch(HUB_ID, chosen.folder) and not Path(chosen.folder).exists():
        library = bring(chosen.folder, None, _progress("bytes, then pictures"))
    else:
        library = Library.at(chosen.folder, _progress("pictures read"), chosen.name)
    say(f"{library.name}: {len(library)} pictures")
    for file, reason in library.rejected:
        say(f"left out: {file}: {reason}")
    copies = sum(map(bool, library.column("copy_of"))) if "copy_of" in library.columns else 0
    if copies:
        say(f"near copies of others: {copies}")
    model = models.load(register(chosen.checkpoint).key)
    library.vectors(model, _progress("pictures embedded"))
    library.caption_vectors(model, progress=_progress("captions embedded"))
    say("drawing the map")
    open_map(library, model)
    say(f"done: python app.py, and choose {library.name} in Explore")


def _progress(what: str):
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        left = (time.monotonic() - began) / max(done, 1) * (total - done)
        say(f"{what}: {done} of {total}, {left:.0f} s left")

    return report


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def main(arguments: list[str] | None = None) -> None:
    from core.errors import LoupeError

    chosen = options(arguments)
    try:
        chosen.run(chosen)
    except LoupeError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from here.")


if __name__ == "__main__":
    main()
