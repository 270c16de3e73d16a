"""Seconds from `python app.py` to its first answered page, beside gradio's own least page: python -m benchmarks.page"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.running import start, stop

MOST = 3.0
LEAST = ("-c", "import gradio as gr\nwith gr.Blocks() as demo: gr.Textbox()\ndemo.launch(quiet=True)")


def once(program: Sequence[str]) -> tuple[float, float]:
    """(seconds from the start to the first answered page, seconds of one more request for it)."""
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        app = start(home=Path(home), program=program)
        first = time.perf_counter() - begun
        try:
            begun = time.perf_counter()
            with urllib.request.urlopen(app.address) as answer:
                answer.read()
            return first, time.perf_counter() - begun
        finally:
            stop(app)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    rounds = range(1 + parser.parse_args().times)
    times = [(*once(("app.py",)), once(LEAST)[0]) for _ in rounds][1:]  # the first start warms the disk
    first, again, least = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"from the start to the first answered page  {first:6.2f} s  (median of {len(times)}, wanted: {MOST} s)")
    print(
        f"a page of one text box, by gradio itself   {least:6.2f} s  (Loupe's takes {first / least:.2f} times that)"
    )
    print(f"the page once more                         {again:6.2f} s")
    if first > MOST:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
