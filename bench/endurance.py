"""Ten thousand pictures, killed workers, a killed run: the result has to be that of a quiet one.

    python bench/endurance.py                       # a quarter of an hour or so on two cores
    python bench/endurance.py --pictures 1000

First on one machine: `unsplice localize --jobs 2` runs to its end; then again elsewhere, with one
worker killed (SIGKILL) at a fifth of the way and the whole run at half of it, and `--resume`. Then
the same on a Dask cluster of two workers, one of which is killed on the way. The trees of files are
compared byte by byte. Told are pictures a second, and the memory of the parent process over time.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import psutil

from unsplice.cluster.parts import Layout
from unsplice.synthetic.scene import make_scene

UNSPLICE = [sys.executable, "-m", "unsplice.cli"]


def make_pictures(folder: Path, count: int, rows: int, cols: int) -> None:
    """Write `count` different JPEG pictures, cut from a few made scenes, a hundred a folder."""
    scenes = [make_scene(4 * rows, 4 * cols, seed=seed) for seed in range(8)]
    random = np.random.default_rng(0)
    for number in range(count):
        row, col = random.integers(0, (3 * rows, 3 * cols))
        part = scenes[number % len(scenes)][row : row + rows, col : col + cols, ::-1]
        path = folder / f"{number // 100:03d}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 96))]
        path.write_bytes(cv2.imencode(".jpg", np.ascontiguousarray(part), settings)[1].tobytes())


def tree_of(folder: Path) -> dict[str, str]:
    """Return the hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def count_below(folder: Path, ending: str) -> int:
    count = 0
    for _, _, files in os.walk(folder):
        count += sum(name.endswith(ending) for name in files)
    return count


def watched(
    words: Sequence[object], folder: Path, ending: str, until: int | None = None,
    log: list[tuple[float, float, int]] | None = None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """Run a command until it ends, or until `until` files are there; log memory on the way."""
    process = subprocess.Popen(
        [*UNSPLICE, *map(str, words)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    began = time.monotonic()
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            done = count_below(folder, ending)
            if log is not None:
                log.append((time.monotonic() - began, parent.memory_info().rss / 2**20, done))
            if until is not None and done >= until:
                return process
        time.sleep(1)
    return process


def tell_memory(log: Sequence[tuple[float, float, int]]) -> None:
    """Print the memory of the parent at tenths of the way."""
    total = log[-1][2]
    print("  parent's memory, MiB, by pictures done:", end="")
    for tenth in range(11):
        entry = min(log, key=lambda one: abs(one[2] - tenth * total / 10))
        print(f"  {entry[2]}: {entry[1]:.0f}", end="")
    print()


def compare_trees(quiet: Path, killed: Path) -> bool:
    """Print whether two trees are the same, and where they differ first."""
    one, two = tree_of(quiet), tree_of(killed)
    if one == two:
        print(f"  the same: {len(one):,} files, byte by byte")
        return True
    differing = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    print(f"  DIFFERENT: {len(differing):,} of {len(one):,} files, first {differing[:3]}")
    return False


def on_one_machine(top: Path, count: int, method: str) -> bool:
    """Run with two worker processes: to the end; and killed, then resumed."""
    words = ["localize", "-r", top / "in", "--method", method, "--jobs", 2, "-q", "-o"]
    print(f"one machine, {count:,} pictures, two worker processes")
    log: list[tuple[float, float, int]] = []
    began = time.monotonic()
    code = watched([*words, top / "whole"], top / "whole", ".run.json", log=log).wait()
    seconds = time.monotonic() - began
    print(f"  undisturbed: exit code {code}, {seconds:.0f} s, {count / seconds:.1f} a second")
    tell_memory(log)
    out = top / "killed"
    process = watched([*words, out], out, ".run.json", until=count // 5)
    workers = [
        one for one in psutil.Process(process.pid).children() if "spawn_main" in str(one.cmdline())
    ]
    workers[0].send_signal(signal.SIGKILL)
    print(f"  a worker killed at {count_below(out, '.run.json'):,} pictures")
    parent = psutil.Process(process.pid)
    while process.poll() is None and count_below(out, ".run.json") < count // 2:
        time.sleep(0.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    print(f"  the run killed at {count_below(out, '.run.json'):,}; left: {parent.is_running()}")
    began = time.monotonic()
    code = watched([*words, out, "--resume"], out, ".run.json").wait()
    print(f"  resumed: exit code {code}, {time.monotonic() - began:.0f} s")
    same = compare_trees(top / "whole", out)
    for path in out.rglob(".unsplice-*"):
        print(f"  left by a killed process: {path.name}")
    return same


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, Callable[[], int]]]:
    """Start a scheduler and two workers as processes; yield its address, and what kills one."""
    address_file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*dask, "--port", "0", "--no-dashboard", "--scheduler-file", str(address_file)],
        stderr=subprocess.DEVNULL,
    )
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1"]
    worker += ["--no-dashboard", "--scheduler-file", str(address_file)]
    workers = [
        subprocess.Popen([*worker, "--local-directory", str(folder)], stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    from distributed import Client

    while not address_file.exists():
        time.sleep(0.2)
    with Client(scheduler_file=str(address_file)) as client:
        client.wait_for_workers(2)
        address = client.scheduler.address

    def kill_one() -> int:
        nanny = psutil.Process(workers[0].pid)
        victim = next(one for one in nanny.children() if "spawn_main" in str(one.cmdline()))
        victim.send_signal(signal.SIGKILL)
        return victim.pid

    try:
        yield address, kill_one
    finally:
        for process in (*workers, scheduler):
            process.terminate()
        for process in (*workers, scheduler):
            process.wait()


def on_a_cluster(top: Path, count: int, method: str, unit: int) -> bool:
    """Run on two Dask workers: to the end; and with one of them killed."""
    print(f"Dask, {count:,} pictures in units of {unit}, two workers")
    with cluster(top) as (address, kill_one):
        words = ["localize", "-r", top / "in", "--method", method, "-q", "--unit", unit]
        words += ["--dask", address, "-o"]
        log: list[tuple[float, float, int]] = []
        began = time.monotonic()
        whole = top / "dask-whole"
        code = watched([*words, whole], whole / "done", ".json", log=log).wait()
        seconds = time.monotonic() - began
        print(f"  undisturbed: exit code {code}, {seconds:.0f} s, {count / seconds:.1f} a second")
        print(f"  client's memory: {log[len(log) // 10][1]:.0f} to {log[-1][1]:.0f} MiB")
        out = top / "dask-killed"
        process = watched([*words, out], out / "done", ".json", until=count // unit // 3)
        kill_one()
        print(f"  a worker killed at {count_below(out / 'done', '.json'):,} units")
        print(f"  exit code {process.wait()}")
    same = compare_trees(whole, out)
    names = [row["name"] for row in Layout(out).rows()]
    print(f"  rows: {len(names):,}, of different pictures: {len(set(names)):,}")
    return same and len(names) == len(set(names)) == count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--size", default="128x96", help="columns x rows")
    parser.add_argument("--method", default="paper")
    parser.add_argument("--unit", type=int, default=64)
    parser.add_argument("--only", choices=("machine", "dask"))
    given = parser.parse_args()
    cols, rows = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
        top = Path(folder)
        make_pictures(top / "in", given.pictures, rows, cols)
        sound = True
        if given.only != "dask":
            sound &= on_one_machine(top, given.pictures, given.method)
        if given.only != "machine":
            sound &= on_a_cluster(top, given.pictures, given.method, given.unit)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
