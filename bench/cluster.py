"""What ten million pictures take on a Dask cluster, from figures that are measured here.

    python bench/cluster.py                                  # 2,000 pictures of 512 x 384
    python bench/cluster.py --pictures 300 --method paper

A scheduler and two workers are started as processes of their own on this machine. Measured are the
pictures a second of processor time, the bytes of a task and of a row, the processor time that the
scheduler takes for a unit (with many units that do nothing), and the memory of the client for each
name of its list. From them follows the table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from distributed.protocol import dumps

from endurance import cluster, make_pictures
from unsplice.batch import LocalizeImages
from unsplice.cluster.jobs import Answer, FindJob, Job
from unsplice.cluster.run import ClusterRun, connected
from unsplice.errors import UnspliceError
from unsplice.inputs import SingleImage, pictures_of

TEN_MILLION = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Nothing(Job[str]):
    """Answer nothing, at once."""

    verb = "nothing"
    noun = "name"

    @property
    def columns(self) -> Mapping[str, type]:
        """One column."""
        return {"name": str}

    def settings(self) -> Mapping[str, Any]:
        """None."""
        return {}

    def name_of(self, item: str) -> str:
        """Return the name."""
        return item

    def answer(self, item: str) -> Answer:
        """Return the name."""
        return Answer([{"name": item}])

    def failed(self, item: str, error: UnspliceError) -> Answer:
        """Return the name and the error."""
        return Answer([{"name": f"{item}: {error}"}])


def scheduler_of(top: Path) -> psutil.Process:
    """Return the process of the scheduler that was started for the folder `top`."""
    for one in psutil.Process().children(recursive=True):
        line = one.cmdline()
        if str(top / "scheduler.json") in line and "distributed.cli.dask_scheduler" in line:
            return one
    raise RuntimeError("there is no scheduler")


def busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def busy_beside(scheduler: psutil.Process) -> float:
    """Return the processor time of the workers and of the processes beside them."""
    others = psutil.Process().children(recursive=True)
    return sum(busy(one) for one in others if one.pid != scheduler.pid)


def task_bytes(begun: ClusterRun) -> int:
    """Return the size of a unit on its way to a worker."""
    return sum(len(frame) for frame in dumps((begun.job, begun._made(0))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--size", default="512x384", help="columns x rows")
    parser.add_argument("--method", default="fusion")
    parser.add_argument("--unit", type=int, default=64)
    parser.add_argument("--empty-units", type=int, default=2_000)
    given = parser.parse_args()
    cols, rows = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        top = Path(folder)
        make_pictures(top / "in", given.pictures, rows, cols)
        read = sum(path.stat().st_size for path in (top / "in").rglob("*.jpg"))
        before = psutil.Process().memory_info().rss
        names = [
            SingleImage(Path(f"folder/{n:08d}.jpg"), f"folder/{n:08d}.jpg") for n in range(100_000)
        ]
        a_name = (psutil.Process().memory_info().rss - before) / len(names)
        del names
        with cluster(top) as (address, _):
            client, end = connected(address)
            scheduler = scheduler_of(top)
            job = FindJob.of(LocalizeImages(method=given.method))
            pictures = pictures_of([top / "in"], recursive=True)
            begun = ClusterRun.begin(job, pictures, top / "out", unit=given.unit)
            spent, began = busy(scheduler), time.perf_counter()
            worked = busy_beside(scheduler)
            done = {one.number: one for one in begun.over(client)}
            seconds, spent = time.perf_counter() - began, busy(scheduler) - spent
            worked = busy_beside(scheduler) - worked
            record = begun.finish(done)
            markers = sum(path.stat().st_size for path in (top / "out" / "done").iterdir())
            empty = ClusterRun.begin(
                Nothing(), [str(n) for n in range(given.empty_units)], top / "empty", unit=1,
                timeout=None,
            )  # fmt: skip
            spent_empty, began_empty = busy(scheduler), time.perf_counter()
            for _one in empty.over(client):
                pass
            seconds_empty = time.perf_counter() - began_empty
            spent_empty = busy(scheduler) - spent_empty
            memory = scheduler.memory_info().rss / 2**20
            sent = task_bytes(begun)
            end()
    units = len(done)
    rate = given.pictures / worked  # of processor time, which other work on the machine spares
    of_unit = spent_empty / given.empty_units
    print(f"{given.pictures:,} pictures of {cols} x {rows}, method {given.method}, 2 workers")
    print(f"  {rate:.2f} pictures a second of processor time, reading and writing included")
    print(f"  ({seconds:.0f} s by the clock)")
    print(f"  {read / given.pictures / 1e3:.1f} kB read a picture")
    print(f"  {record['bytes'] / record['rows'] / 1e3:.2f} kB of Parquet a row")
    print(f"  {markers / units:.0f} bytes a marker, {sent:,} bytes a task of {given.unit} names")
    print(f"  scheduler: {100 * spent / seconds:.1f} % of a processor with two workers at work")
    print(f"  scheduler: {1e3 * of_unit:.1f} ms a unit that does nothing, at "
          f"{given.empty_units / seconds_empty:.0f} units a second; {memory:.0f} MiB")  # fmt: skip
    print(f"  client: {a_name:.0f} bytes of memory a name")
    many = TEN_MILLION / given.unit
    ratio = TEN_MILLION / given.pictures
    hours = TEN_MILLION / rate / 3600
    print("ten million of them")
    print(f"  units: {many:,.0f}")
    for cores in (64, 512):
        busy_share = 100 * many * of_unit / (hours / cores * 3600)
        print(f"  {cores} cores: {hours / cores:,.1f} h; scheduler busy {busy_share:.1f} %")
    print(f"  read: {read * ratio / 1e12:.2f} TB; written: {record['bytes'] * ratio / 1e9:,.0f} GB"
          f" of Parquet, {markers / units * many / 1e9:.2f} GB of markers")  # fmt: skip
    print(f"  through the scheduler: {sent * many / 1e9:.2f} GB of names")
    print(f"  scheduler: {many * of_unit / 60:.0f} min of processor for the units")
    print(f"  client: {a_name * TEN_MILLION / 1e9:.1f} GB of memory for the list")
    print(f"  requests: {TEN_MILLION + 2 * many:,.0f} (a read a picture, two writes a unit)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
