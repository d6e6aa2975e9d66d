"""What docs/formats.md tells people to type works, with the real libraries; and so does the rest.

The page's commands make the sets; its lines of Python run in one process of their own, for some of
the libraries import PyTorch where it is there, which takes seconds, and set up caches.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from packed_sets import make_pairs, patch_files
from unsplice.cli import main
from unsplice.image import decode_image

PAGE = (Path(__file__).parent.parent / "docs" / "formats.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
# Large, and so in no group of dependencies: what needs them is left out where they are not.
MAY_LACK = ("torch", "torchvision")

READ_BACK = """
import glob, json
import numpy as np
import webdataset
from datasets import load_dataset

shards = sorted(glob.glob("packed/webdataset/train-*.tar"))
plain = list(webdataset.WebDataset(shards, shardshuffle=False))
decoded = list(webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"))
tables = load_dataset("parquet", data_files="packed/parquet/data/train-*.parquet", split="train")
by_bytes = tables.cast_column("image", tables.features["image"].__class__(decode=False))
answer = {
    "samples": [
        [s["image.png"].hex(), s["mask.png"].hex(), json.loads(s["json"])] for s in plain
    ],
    "decoded": [int(s["image.png"].astype(int).sum()) for s in decoded],
    "features": {name: type(one).__name__ for name, one in tables.features.items()},
    "names": tables.features["label"].names,
    "stored": [row["image"]["bytes"].hex() for row in by_bytes],
    "rows": [
        [int(np.array(row["image"]).astype(int).sum()), int((np.array(row["mask"]) == 255).sum()),
         row["label"], row["patch"], row["small"]]
        for row in tables
    ],
    "splits": sorted(load_dataset("packed/parquet")),
}
"""

RUNNER = """
import json, sys, traceback
examples, may_lack = json.load(sys.stdin)
told = []
for example in examples:
    names = {"__name__": "__main__"}
    try:
        exec(example, names)
        told.append(["passed", names.get("answer")])
    except (ModuleNotFoundError, RuntimeError) as error:
        # A build of torchvision for another PyTorch ends in a RuntimeError when it is imported.
        lacks = getattr(error, "name", None) or str(error).removeprefix("operator ").split("::")[0]
        fine = lacks.partition(".")[0] in may_lack
        told.append(["skipped" if fine else "failed", str(error)])
    except BaseException:
        told.append(["failed", traceback.format_exc()])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs, and what the commands of the page make of them."""
    folder = tmp_path_factory.mktemp("page")
    make_pairs(folder / "in", authentic=12, each=1)
    for file in (folder / "in").iterdir():
        file.rename(folder / file.name)
    (block,) = re.findall(r"```\n(unsplice patches .*?)```", PAGE, re.DOTALL)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for line in block.splitlines():
            assert main([*shlex.split(line)[1:], "-q"]) == 0, line
    return folder


@pytest.fixture(scope="module")
def told(top: Path) -> list[tuple[str, Any]]:
    """How each example ended, and the reading back at last."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps([[*EXAMPLES, READ_BACK], MAY_LACK]), cwd=top, text=True, check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(top / "cache")},
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: list[tuple[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_the_page_runs(told: list[tuple[str, Any]], number: int) -> None:
    how, why = told[number]
    if how == "skipped":
        pytest.skip(why)
    assert how == "passed", why


def test_every_format_has_an_example_that_runs_without_pytorch(
    told: list[tuple[str, Any]],
) -> None:
    passed = " ".join(
        example for example, (how, _) in zip(EXAMPLES, told, strict=False) if how == "passed"
    )
    for name in ("images", "parquet", "webdataset", "npz", "coco", "masks"):
        assert f"packed/{name}/" in passed


def test_webdataset_and_datasets_give_back_what_was_cut(
    top: Path, told: list[tuple[str, Any]]
) -> None:
    how, loaded = told[-1]
    assert how == "passed", loaded
    train = {
        name
        for path in (top / "packed" / "parquet" / "data").glob("train-*.parquet")
        for name in pq.read_table(path, columns=["patch"])["patch"].to_pylist()
    }
    known = [one for one in patch_files(top / "patches") if one[0]["patch"] in train]
    assert known
    for (image_hex, mask_hex, facts), total, (row, image, mask) in zip(
        loaded["samples"], loaded["decoded"], known, strict=True
    ):
        assert (bytes.fromhex(image_hex), bytes.fromhex(mask_hex)) == (image, mask)
        assert facts["patch"] == row["patch"]
        assert {name: float(row[name]) for name in ("row", "label", "tampered_fraction")} == {
            name: facts[name] for name in ("row", "label", "tampered_fraction")
        }
        assert total == decode_image(image).pixels.astype(int).sum()
    for (pixels, white, label, patch, small), stored, (row, image, mask) in zip(
        loaded["rows"], loaded["stored"], known, strict=True
    ):
        assert bytes.fromhex(stored) == image
        assert pixels == decode_image(image).pixels.astype(int).sum()
        assert white == (decode_image(mask).pixels == 255).sum()
        assert (label, patch, small) == (int(row["label"]), row["patch"], row["small"] == "1")
    assert loaded["features"]["image"] == loaded["features"]["mask"] == "Image"
    assert loaded["names"] == ["authentic", "boundary"]
    assert loaded["splits"] == ["test", "train"]
