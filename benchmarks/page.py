"""Seconds from `python app.py` to its first answered page: python -m benchmarks.page [--times N]"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.running import start, stop

MOST = 5.0


def once() -> tuple[float, float]:
    """(seconds from the start to the first answered page, seconds of one more request for it)."""
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        app = start(home=Path(home))
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
    times = [once() for _ in range(1 + parser.parse_args().times)][1:]  # the first start warms the disk
    first, again = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"from the start to the first answered page  {first:6.2f} s  (median of {len(times)}, wanted: {MOST} s)")
    print(f"the page once more                         {again:6.2f} s")
    if first > MOST:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
