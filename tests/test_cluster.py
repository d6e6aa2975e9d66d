"""Runs on a real cluster of two workers: the rows of one machine, whatever the machines meet."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from distributed import Client, LocalCluster, default_client
from pyarrow import parquet

from cluster_tasks import Behaving, children
from made_sets import make_set
from tables import read_table
from unsplice.batch import ComparePairs
from unsplice.cluster import run as run_module
from unsplice.cluster import units as units_module
from unsplice.cluster.jobs import FindJob
from unsplice.cluster.parts import Committed, Layout, Plan, encode_table
from unsplice.cluster.run import ClusterRun, connected
from unsplice.cluster.units import Unit, do_unit
from unsplice.errors import OutputError, UnspliceError, UsageError
from unsplice.evaluation.run.methods import BASELINE
from unsplice.pairs import pairs_of
from unsplice.urls import Url

Below = Callable[[Path], dict[str, bytes]]
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Url]:
    """A bucket of a service that answers as S3 does, for this process and those it starts."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}).items():
            patch.setenv(name, value)
        files, _ = Url("s3://bucket").files()
        files.mkdir("bucket")
        yield Url("s3://bucket")
    server.stop()


@pytest.fixture(scope="module")
def cluster(bucket: Url) -> Iterator[LocalCluster]:
    """Two workers, each a process of its own that is started again when it dies."""
    assert bucket  # workers inherit the environment that leads to it
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=None
    ) as started:
        yield started


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as connected:
        yield connected


@pytest.fixture
def many(folder: Path) -> Path:
    """A tree of pictures, one of which is none; and tables of pairs, and of masks."""
    names = ("b/2.jpg", "a/1.jpg", "a/=3.jpg", "c.jpg")
    spliced = (folder / "in" / "edited.jpg").read_bytes()
    for name in names:
        path = folder / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(spliced)
    (folder / "tree" / "bad.jpg").write_bytes(b"no picture")
    lines = [f"in/authentic.jpg,tree/{name}" for name in (*names, "bad.jpg")]
    (folder / "pairs.csv").write_text("\n".join(["authentic,spliced", *lines, ""]), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def processes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes beside the workers stay for the next test, for they start slowly."""
    monkeypatch.setattr(run_module, "end_workers", int)


def rows_in(output: Path) -> list[dict[str, Any]]:
    return list(Layout(output).rows())


def same_cell(cell: str, value: object) -> bool:
    """Whether a cell of a CSV file says what a value of a Parquet file does."""
    if value is None:
        return cell == ""
    if isinstance(value, str):
        return cell in (value, f"'{value}")
    return float(cell) == float(value)


# ------------------------------------------------------------------ as on one machine


def test_localizing_on_a_cluster_finds_what_one_machine_finds(
    many: Path, run: Any, cluster: LocalCluster
) -> None:
    words = ("localize", "-r", "tree", "--method", "paper", "-q", "-o")
    run(*words, "one", "--jobs", "1")
    ran = run(*words, "many", "--dask", cluster.scheduler_address, "--unit", "2")
    assert ran.code == 1
    assert ran.err.count("error[") == 1
    assert sorted(ran.out.splitlines()) == [
        "part-00000  2 pictures: 1 marked, 1 failed",
        "part-00001  2 pictures: 2 marked",
        "part-00002  1 picture: 1 marked",
    ]
    rows = rows_in(many / "many")
    for row, line in zip(rows, read_table(many / "one" / "summary.csv"), strict=True):
        mask = line.pop("mask")
        assert all(same_cell(cell, row[name]) for name, cell in line.items())
        if line["error"]:
            assert row["mask"] is None
            continue
        assert row["mask"] == (many / "one" / mask).read_bytes()
        record = json.loads((many / "one" / mask).with_name(
            Path(mask).name.replace(".mask.png", ".run.json")
        ).read_bytes())  # fmt: skip
        ours = json.loads(row["record"])
        assert ours.pop("unsplice") == record["versions"]["unsplice"]
        assert ours == {name: record[name] for name in ours}
        assert set(record) - set(ours) == {"outputs", "versions", "processor", "digests"}
    summary = json.loads((many / "many" / "summary.json").read_bytes())
    assert (summary["inputs"], summary["rows"], summary["failed"]) == (5, 5, 1)


def test_pairs_are_compared_and_patches_cut_as_on_one_machine(
    many: Path, run: Any, cluster: LocalCluster
) -> None:
    address = ("--dask", cluster.scheduler_address)
    for verb, table, more in (
        ("compare", "summary.csv", ()),
        ("patches", "index.csv", ("--size", "64")),
    ):
        words = (verb, "--pairs", "pairs.csv", *more, "-q", "-o")
        assert run(*words, f"{verb}-one", "--jobs", "1").code == 1
        assert run(*words, f"{verb}-many", *address).code == 1
        lines = read_table(many / f"{verb}-one" / table)
        rows = rows_in(many / f"{verb}-many")
        assert len(lines) > 4
        for line, row in zip(lines, rows, strict=True):
            line.pop("mask", "")
            assert all(same_cell(cell, row[name]) for name, cell in line.items())
            if verb == "patches":
                assert row["image"] == (many / "patches-one" / row["patch"]).read_bytes()
                assert row["mask"] == (many / "patches-one" / row["patch_mask"]).read_bytes()


def test_an_evaluation_on_a_cluster_has_the_tables_of_one_machine(
    many: Path, run: Any, cluster: LocalCluster
) -> None:
    words = ("evaluate", make_set(many / "data"), "--method", BASELINE, "--attack", "jpeg:70", "-q")
    one = run(*words, "-o", "one", "--jobs", "1")
    ran = run(*words, "-o", "many", "--dask", cluster.scheduler_address, "--unit", "4")
    assert (ran.code, ran.out) == (0, one.out)
    for name in ("images.csv", "authentic.csv", "summary.csv", "summary.md"):
        assert (many / "many" / name).read_bytes() == (many / "one" / name).read_bytes()


def test_pictures_and_results_may_lie_in_a_bucket(
    many: Path, run: Any, cluster: LocalCluster, bucket: Url
) -> None:
    for path in (many / "tree").rglob("*.jpg"):
        (bucket / "photos" / path.relative_to(many / "tree").as_posix()).write(path.read_bytes())
    (bucket / "photos" / "empty.jpg").write(b"")
    (many / "tree" / "empty.jpg").write_bytes(b"")
    words = ("--method", "paper", "--unit", "3", "-q", "--dask", cluster.scheduler_address)
    assert run("localize", "-r", "tree", *words, "-o", "here").code == 1
    ran = run("localize", "-r", "s3://bucket/photos", *words, "-o", "s3://bucket/out")
    assert ran.code == 1
    assert "error[E110]: file is empty (0 bytes): s3://bucket/photos/empty.jpg" in ran.err
    ours, theirs = rows_in(many / "here"), rows_in(bucket / "out")
    assert len(ours) == 6
    for here, there in zip(ours, theirs, strict=True):
        assert there.pop("image") == "s3://bucket/photos/" + here.pop("image")[len("tree/") :]
        assert (here.pop("record") is None) == (there.pop("record") is None)
        assert here == there
    again = run(
        "localize", "-r", "s3://bucket/photos", *words[:-3], *words[-2:], "--resume",
        "-o", "s3://bucket/out",
    )  # fmt: skip
    assert "resumed: 2 of 2 units were committed before" in again.err
    refused = run("localize", "-r", "s3://bucket/photos", *words, "-o", "s3://bucket/out")
    assert (refused.code, "error[E161]" in refused.err) == (4, True)
    inside = run("localize", "-r", "s3://bucket/photos", *words, "-o", "s3://bucket/photos/out")
    assert "error[E163]" in inside.err


def test_a_picture_in_a_bucket_is_analysed_without_a_cluster(
    many: Path, run: Any, bucket: Url
) -> None:
    (bucket / "one.jpg").write((many / "tree" / "c.jpg").read_bytes())
    ran = run("localize", "s3://bucket/one.jpg", "--method", "paper", "-q", "-o", "out")
    assert ran.code == 0
    assert (many / "out" / "one.jpg.mask.png").is_file()
    missing = run("localize", "s3://bucket/none.jpg", "--method", "paper")
    assert "error[E101]: no such file: s3://bucket/none.jpg" in missing.err
    refused = run("localize", "s3://bucket/one.jpg", "-o", "s3://bucket/out")
    assert (refused.code, "results go to a URL with --dask only" in refused.err) == (2, True)


def test_memory_serves_as_a_place_within_one_process(many: Path) -> None:
    from unsplice.batch import LocalizeImages
    from unsplice.inputs import pictures_of

    place = Url("memory://place")
    (place / "in" / "a.jpg").write((many / "tree" / "c.jpg").read_bytes())
    job = FindJob.of(LocalizeImages(method="paper"))
    pictures = pictures_of([place / "in"], recursive=True)
    assert [str(one.path) for one in pictures] == ["memory://place/in/a.jpg"]
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as here,
        Client(here) as client,
    ):
        started = ClusterRun.begin(job, pictures, place / "out", timeout=None)
        done = {one.number: one for one in started.over(client)}
        assert started.finish(done)["findings"] == {"marked": 1}
    (row,) = rows_in(place / "out")
    assert (row["name"], row["image"]) == ("a.jpg", "memory://place/in/a.jpg")


def test_processes_beside_the_workers_end_with_the_run(
    tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "end_workers", units_module.end_workers)
    client, end = connected(cluster.scheduler_address)
    behave(client, tmp_path / "out", list("abcdefghij"))
    with Client(cluster) as watching:
        assert sum(watching.run(children).values()) >= 1
        end()
        assert sum(watching.run(children).values()) == 0


# ------------------------------------------------------------------ what goes wrong


def behave(client: Client, output: Path, items: list[str], **named: Any) -> dict[int, Committed]:
    marks = output.parent / "marks"
    marks.mkdir(parents=True, exist_ok=True)
    job = Behaving(marks=marks, seconds=named.pop("seconds", 0.0))
    begun = ClusterRun.begin(job, items, output, unit=3, **named)
    done = {one.number: one for one in begun.over(client)}
    begun.finish(done)
    return done


def test_a_bad_input_costs_itself_only(tmp_path: Path, client: Client) -> None:
    items = ["a", "leave", "b", "c", "hang", "d", "raise", "e"]
    behave(client, tmp_path / "out", items, timeout=3.0)
    rows = rows_in(tmp_path / "out")
    assert [row["name"] for row in rows] == items
    assert {row["name"]: row["error"] for row in rows if row["error"]} == {
        "leave": "E192", "hang": "E193", "raise": "E199",
    }  # fmt: skip
    assert [row["answer"] for row in rows if row["answer"]] == ["A", "B", "C", "D", "E"]
    marker = json.loads((tmp_path / "out" / "done" / "part-00000.json").read_bytes())
    (error,) = marker["errors"]
    assert error["what"] == "the worker process died on leave (exit code 3)"
    # What a machine was to blame for is tried again, and nothing else.
    again = behave(client, tmp_path / "out", items, timeout=3.0, resume=True)
    assert set(again) == {0, 1}


def test_a_killed_worker_loses_nothing(
    tmp_path: Path, client: Client, cluster: LocalCluster, below: Below
) -> None:
    items = [f"item{number:02d}" for number in range(24)]
    behave(client, tmp_path / "whole" / "out", items)
    job = Behaving(marks=tmp_path, seconds=0.15)
    begun = ClusterRun.begin(job, items, tmp_path / "out", unit=3)
    done: list[Committed] = []
    for one in begun.over(client):
        done.append(one)
        if len(done) == 2:
            victims = [worker.process.pid for worker in cluster.workers.values()]
            os.kill(victims[0], signal.SIGKILL)
    begun.finish({one.number: one for one in done})
    assert sorted(one.number for one in done) == list(range(8))
    assert below(tmp_path / "out") == below(tmp_path / "whole" / "out")
    assert [row["name"] for row in rows_in(tmp_path / "out")] == items


def test_an_input_that_kills_every_worker_is_given_up(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "TRIES", 1)
    client.run_on_scheduler(allow_failures, 0)
    behave(client, tmp_path / "out", ["a", "b", "c", "kill the worker", "d", "e", "f"])
    client.run_on_scheduler(allow_failures, 3)
    rows = rows_in(tmp_path / "out")
    errors = [row["error"] for row in rows]
    assert errors[3:6] == ["E192"] * 3
    assert len(rows) == 7
    marker = json.loads((tmp_path / "out" / "done" / "part-00001.json").read_bytes())
    assert "so did every worker that was given its unit" in marker["errors"][0]["what"]


def allow_failures(count: int, dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = count


def test_a_run_whose_client_was_killed_is_resumed_to_the_same_bytes(
    many: Path, run: Any, cluster: LocalCluster, below: Below
) -> None:
    words = ["localize", "-r", "tree", "--method", "paper", "-q", "--unit", "1"]
    words += ["--dask", cluster.scheduler_address, "-o"]
    run(*words, "whole")
    process = subprocess.Popen(
        [sys.executable, "-m", "unsplice.cli", *words, "out"], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"part-")
        process.kill()
    assert not (many / "out" / "summary.json").exists()
    changed = run(*words, "out", "--resume", "--preset", "closest-to-text")
    assert (changed.code, "error[E170]" in changed.err) == (4, True)
    assert "settings.parameters." in changed.err
    assert run(*words, "out", "--resume").code == 1
    assert below(many / "out") == below(many / "whole")
    assert run(*words, "out", "--overwrite").code == 1
    assert below(many / "out") == below(many / "whole")


def test_a_unit_that_was_not_committed_is_done_again(
    tmp_path: Path, client: Client, below: Below
) -> None:
    items = ["a", "b", "c", "d", "e", "f", "g"]
    behave(client, tmp_path / "out", items)
    whole = below(tmp_path / "out")
    (tmp_path / "out" / "done" / "part-00001.json").unlink()
    (tmp_path / "out" / "done" / "part-00002.json").write_bytes(b"{}")
    (tmp_path / "out" / "parts" / "part-00001.parquet").write_bytes(b"of a killed worker")
    assert set(behave(client, tmp_path / "out", items, resume=True)) == {1, 2}
    assert below(tmp_path / "out") == whole
    with pytest.raises(OutputError, match=r"E170.*inputs"):
        behave(client, tmp_path / "out", [*items, "h"], resume=True)


def test_a_machine_with_other_versions_is_refused(tmp_path: Path) -> None:
    job = Behaving(marks=tmp_path)
    plan = Plan.of("behave", {}, ["a"], 1)
    versions = plan.record["versions"] | {"OpenCV": "1.0"}
    unit = Unit(0, ["a"], plan.digest, versions, tmp_path / "out", None)
    with pytest.raises(UnspliceError, match=r"E209.*OpenCV 1.0"):
        do_unit(job, unit)
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_ends_the_run(tmp_path: Path, client: Client) -> None:
    (tmp_path / "marks").mkdir()
    begun = ClusterRun.begin(Behaving(marks=tmp_path / "marks"), ["a", "b"], tmp_path / "out")
    (tmp_path / "out" / "parts").write_bytes(b"a file where a folder is needed")
    with pytest.raises(OutputError, match="E162"):
        list(begun.over(client))


def test_a_scheduler_that_is_not_there_is_told(
    many: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert many
    monkeypatch.setattr(run_module, "WAIT", 0.5)
    ran = run("localize", "tree/c.jpg", "-o", "out", "--dask", "tcp://127.0.0.1:9")
    assert ran.code == 1
    assert "error[E208]: the Dask scheduler tcp://127.0.0.1:9 cannot be reached" in ran.err
    nonsense = run("localize", "tree/c.jpg", "-o", "out", "--dask", "nonsense://x")
    assert "error[E208]" in nonsense.err


def test_what_is_not_installed_is_told(
    many: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert many
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = run("localize", "tree/c.jpg", "-o", "out", "--dask", "local")
    assert "error[E189]: --dask needs the package distributed" in ran.err
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError, match="E189"):
        Url("s3://bucket/x").read()


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["localize", "-r", "tree", "--dask", "local"], "--dask needs -o FOLDER, or -o URL"),
        (["--jobs", "2"], "--dask and --jobs exclude each other"),
        (["--shard", "1/2"], "--dask and --shard exclude each other"),
        (["--steps"], "--dask and --steps exclude each other"),
    ],
)
def test_words_that_make_no_sense_together_are_told(run: Any, words: list[str], told: str) -> None:
    common = ["localize", "-r", "tree", "--dask", "local", "-o", "out"]
    ran = run(*(words if words[0] == "localize" else [*common, *words]))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_dry_run_needs_no_cluster(many: Path, run: Any) -> None:
    ran = run("localize", "-r", "tree", "--dask", "tcp://nowhere:1", "-o", "out", "--unit", "2",
              "--dry-run")  # fmt: skip
    assert (ran.code, ran.err) == (0, "dry run: 5 inputs in 3 units of 2\n")
    assert not (many / "out").exists()


def test_a_table_of_no_rows_can_be_read() -> None:
    data = encode_table({"name": str, "area": int, "mask": bytes}, [])
    table = parquet.read_table(io.BytesIO(data))
    assert (table.num_rows, table.column_names) == (0, ["name", "area", "mask"])


def test_files_that_no_run_left_stay(tmp_path: Path) -> None:
    plan, out = Plan.of("behave", {}, ["a"], 1), tmp_path / "out"
    for name in ("summary.json", "plan.json", "parts/part-00000-of-another.parquet"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("{}")
        for resume in (False, True):
            with pytest.raises(OutputError) as refused:
                Layout(out).begin(plan, resume=resume, overwrite=False)
            assert refused.value.code == "E161"
        if name.endswith(".json"):
            with pytest.raises(OutputError):
                Layout(out).begin(plan, resume=False, overwrite=True)
            (out / name).unlink()
    assert Layout(out).begin(plan, resume=False, overwrite=True) == {}
    assert (out / "parts" / "part-00000-of-another.parquet").read_text() == "{}"


def test_runs_of_one_plan_to_two_folders_in_two_threads_are_not_one(
    tmp_path: Path, client: Client
) -> None:
    """In a thread of the caller, Dask's default client is another one: the last that was made."""
    with suppress(ValueError):
        Client("nonsense://x")
    items = list("abcdef")
    job = Behaving(marks=tmp_path, seconds=0.1)
    runs = [ClusterRun.begin(job, items, tmp_path / name, unit=3) for name in ("one", "two")]
    done: dict[int, dict[int, Committed]] = {}

    def follow(place: int) -> None:
        done[place] = {one.number: one for one in runs[place].over(client)}

    threads = [Thread(target=follow, args=(place,), daemon=True) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [0, 1]
    for place, started in enumerate(runs):
        started.finish(done[place])
        assert [row["name"] for row in rows_in(started.layout.output)] == items


def test_a_scheduler_that_is_not_found_leaves_no_default_client() -> None:
    before = default_client_or_none()
    with pytest.raises(UnspliceError):
        connected("nonsense://x")
    assert default_client_or_none() is before


def default_client_or_none() -> object:
    """Return Dask's default client of a thread that has none of its own."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(default_client).result()
        except ValueError:
            return None


def test_a_list_with_other_authentic_pictures_is_another(many: Path) -> None:
    pairs = (many / "pairs.csv").read_text()
    identities = []
    for text in (pairs, pairs.replace("in/authentic.jpg", "in/edited.jpg")):
        (many / "pairs.csv").write_text(text)
        given = pairs_of(Path("pairs.csv"))
        identities.append([FindJob.of(ComparePairs()).identity(one) for one in given])
    assert not set(identities[0]) & set(identities[1])
