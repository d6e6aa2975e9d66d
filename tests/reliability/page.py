"""docs/reliability.md: what is tried, and the figure of each, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MEASUREMENTS", "page_of"]

Figures = Mapping[str, Any]

# Which figures the page needs, and the command that measures them.
MEASUREMENTS = {
    "bad-inputs": "PYTHONPATH=tests python -m reliability.bad_inputs",
    "fuzz": "make fuzz MINUTES=20",
    "sanitize-address": "make sanitize",
    "sanitize-threads": "make sanitize-threads",
    "kills": "PYTHONPATH=tests python -m reliability.kills",
    "evidence": "PYTHONPATH=tests python -m reliability.evidence",
    "golden": "PYTHONPATH=tests python -m reliability.golden",
    "soak": "PYTHONPATH=tests python -m reliability.soak",
    "wheels": "make check-wheel",
}

TITLE = "# How far it can be trusted"
INTRODUCTION = """
Pictures come from strangers, runs are killed, disks fill up, and a report may be read in
court. This page tells what was done to find out how the product stands that, with the figure of
each. It is written by `PYTHONPATH=tests python -m reliability` from what the commands below
measured; each can be run again from a checkout. What an attacker may try, and which test holds
against it, is in `SECURITY.md` of the checkout; what the answers are worth is
[another question](accuracy.md).
"""


def filled(text: str) -> str:
    """Return a paragraph in lines as long as those of the other pages."""
    words = " ".join(text.split())
    return textwrap.fill(words, 108, break_long_words=False, break_on_hyphens=False)


def bad_inputs(one: Figures) -> tuple[str, str, str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in one["inputs by kind"].items())
    return (
        "at least 250 files and calls; no traceback, none over 10 s, none over 2 GB",
        f"{one['inputs']:,} inputs, {one['calls']:,} calls: {one['tracebacks']} tracebacks, "
        f"{one['hangs over 10 s']} over 10 s, {one['wrong codes']} with another code than is "
        f"documented; at most {one['peak memory MB']:,} MB",
        f"""
Files that are damaged, cut short, implausible, bombs, misnamed, or no files at all; pictures of
every kind of pixel, orientation and number of pages; pairs that do not fit; hostile names,
tables, settings and records; wrong calls: {kinds}. Each goes through the command line and, where
it is a file, through the Python interface, and must end in the [code](error-codes.md) that is
documented for it.
The slowest took
{one["slowest seconds"]} s, waits for a core left out ({one["which is"]}); the largest was
{one["of"]}. Inputs that were changed by it: {one["inputs that were changed"]}.""",
    )


def fuzz(one: Figures) -> tuple[str, str, str]:
    parts = ", ".join(
        f"{name.removesuffix(' executions')} {one[name]:,}"
        for name in one
        if name.endswith(" executions")
    )
    return (
        "no findings",
        f"{one['executions']:,} executions, {one['findings']} findings",
        f"""
Guided by coverage, with the address and undefined-behavior sanitizers, for {one["minutes"]:g}
minutes ({parts}). Mutations keep the structure of JPEG, PNG, TIFF, WebP and BMP files, so that
they get past the first check. A finding is a crash, a report of a sanitizer, an exception
without a code, a picture that was taken although its decoder says that data is missing, a
kernel that changes its input or whose bits depend on the number of threads, 10 s, or 2 GB. What
earlier runs found is mended, and held by `tests/test_fuzz_findings.py`.""",
    )


def sanitizers(address: Figures, threads: Figures) -> tuple[str, str, str]:
    def left_out(one: Figures) -> str:
        return "; ".join(
            f"`{name.partition('::')[2] or name}` ({why})" for name, why in one.items()
        )

    return (
        "no reports",
        f"{address['tests run']:,} tests with address and undefined-behavior sanitizers: "
        f"{address['reports']} reports; {threads['tests run']:,} tests of threads with the thread "
        f"sanitizer: {threads['reports']} reports",
        f"""
The core is built with them, their libraries are loaded before Python, and reports of every
process count, also of those that a test starts, but not the end of workers that a test lets kill
themselves, nor what `tests/thread_suppressions.txt` names. Of the tests {address["failed"]} and
{threads["failed"]} failed, {address["skipped"]} and {threads["skipped"]} were skipped. Left
out: {left_out(address["left out"] | threads["left out"])}. {address.get("remark", "")}""",
    )


def kills(one: Figures) -> tuple[str, str, str]:
    return (
        "100 kills; no partial file; resumed trees the same, byte for byte",
        f"{one['kills']} kills: {one['partial_files']} partial files, "
        f"{one['resumed_trees_identical']} resumed trees the same, "
        f"{one['inputs_changed']} inputs changed",
        f"""
Runs of {len(one["commands"])} commands (`localize`, `compare`, `patches`, `pack`; alone and
with worker processes) are ended by SIGKILL at drawn moments, all their processes at once.
{one["killed_between_first_and_last_file"]} were hit between their first and last file,
{one["killed_while_a_file_was_being_written"]} while a file was being written. All
{one["files_under_final_names_examined"]:,} files under final names were then read, and held
against their record where it has a hash; after the run was gone on with (`--resume`), the
folder had to be that of a run that nobody disturbed.
{one["stops_by_sigint_and_sigterm"]} more were asked to end, by SIGINT or SIGTERM: they
did after {one["longest_stop_seconds"]} s at most, and said how to go on
({one["stops_with_something_wrong"]} did something else). What full and read-only disks, vanishing
folders, changing files, and workers that the system kills for memory do is held by
`tests/test_faults.py`.""",
    )


def evidence(one: Figures) -> tuple[str, str, str]:
    return (
        "inputs are opened for reading alone",
        f"{one['opens']:,} opens by {one['commands']} commands: "
        f"{one['opens_for_writing']} for writing, "
        f"{one['changes_asked_of_the_system']} other changes asked of the system",
        f"""
Every system call of every process that opens or changes a file was traced.
{one["files_and_folders_of_evidence"]} files and
folders of evidence: {one["files_with_another_hash_size_or_time"]} with another hash, size or
time of change afterwards.""",
    )


def golden(one: Figures) -> tuple[str, str, str]:
    paths, versions = one["instruction paths"], one["opencv versions"]
    numbers = ", ".join(str(count) for count in one["threads"])
    lines = []
    for name, found in versions.items():
        line = f"{name}: {found['mask hashes equal']} of {found['of']} masks the same"
        differing = found["overlap of masks that differ"]
        if differing:
            line += f", the least overlap of the others {min(differing.values()):.4f}"
        lines.append(line)
    return (
        "the same bits on every path",
        f"{one['hashes']} hashes of {one['pictures']} results on {one['runs']} runs, "
        f"{numbers} threads, "
        f"{len(paths)} other processors and settings, {len(versions)} versions of OpenCV: "
        f"{sum(map(len, one['mismatches'].values()))} differ",
        f"""
Masks, heat maps and scores of generated pictures are held by `tests/golden.json`, in every run
of the tests. Tried beside this machine ({one["machine"]["core"]}):
{", ".join(paths)}; the last two in an emulator, which computes
{one["results of an emulated processor"]} of the results. OpenCV {"; ".join(lines)}. The kernels
alone are also held between builds for older processors, as other compilers see them, and for arm64
in an emulator: `make check-instruction-sets`, `make check-arm64`.""",
    )


def soak(one: Figures) -> tuple[str, str, str]:
    flat = [
        f"{name} {one[f'{name} after 1,000']:g} and {one[f'{name} at the end']:g}"
        for name in ("descriptors", "threads")
    ]
    return (
        "100,000 pictures in one process; at most 5 % more memory",
        f"{one['pictures through localize and compare']:,} pictures: at most "
        f"{one['memory drift percent']:g} % more memory than after 1,000; {', '.join(flat)}",
        f"""
Each picture is read, put through `localize` and, with its background, through `compare`, and
cut into patches; {one["distinct pairs"]} pairs in five formats come round by turns, every
fiftieth time with a damaged one. {one["memory MB after 1,000"]:g} MB after 1,000 pictures,
{one["memory MB, highest"]:g} MB at the most, {one["memory MB at the end"]:g} MB at the end.
(Resident memory: what the system
took back for others is not in it.) Every answer was that of the first time.
{one.get("remark", "")}""",
    )


def wheels(one: Figures) -> tuple[str, str, str]:
    return (
        "under 3 MB, no compiler needed",
        f"{one['wheel bytes']:,} bytes; "
        f"{one['smoke checks passed']} of {one['smoke checks']} checks where no compiler is",
        f"""
`{one["wheel"]}`, {one["files in the wheel"]} files, from an sdist of {one["sdist bytes"]:,}
bytes; built twice it has {"the same" if one["same bytes when built twice"] else "other"} bytes.
It is installed into an empty environment with {one["compilers on the search path"]} compilers
on the search path, and tried with {one["OpenCV"]}. [Installation](installation.md) tells of
other systems.""",
    )


# Heading, what writes it, and whose figures that takes.
SECTIONS: tuple[tuple[str, Callable[..., tuple[str, str, str]], tuple[str, ...]], ...] = (
    ("Bad input", bad_inputs, ("bad-inputs",)),
    ("Fuzzing", fuzz, ("fuzz",)),
    ("Sanitizers", sanitizers, ("sanitize-address", "sanitize-threads")),
    ("Killed runs", kills, ("kills",)),
    ("Evidence", evidence, ("evidence",)),
    ("The same bits", golden, ("golden",)),
    ("A long run", soak, ("soak",)),
    ("Wheels", wheels, ("wheels",)),
)


def page_of(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page; `measured` holds ``{"command": ..., "figures": ...}`` by name."""
    table = ["| | goal | measured |", "|---|---|---|"]
    texts = []
    for heading, write, names in SECTIONS:
        goal, found, text = write(*(measured[name]["figures"] for name in names))
        anchor = heading.lower().replace(" ", "-")
        table.append(f"| [{heading}](#{anchor}) | {goal} | {found} |")
        commands = "\n".join(measured[name]["command"] for name in names)
        texts.append(f"## {heading}\n\n{filled(text)}\n\n```\n{commands}\n```\n")
    return "\n".join([TITLE, "", filled(INTRODUCTION), "", *table, "", *texts]).rstrip("\n") + "\n"
