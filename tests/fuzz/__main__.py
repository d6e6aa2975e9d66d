"""Fuzz the reader and the kernels for some minutes: ``make fuzz MINUTES=60``.

Coverage-guided by Atheris, with a core that clang built with AddressSanitizer and
UndefinedBehaviorSanitizer. A finding is an exception that is not coded (of the reader) or neither
TypeError nor ValueError (of a kernel), a crash, a sanitizer's report, a call over 10 s, or memory
over 2 GB. Its input is kept in build/fuzz/findings, and ``--replay FILE`` tries it again.

With ``--plain`` there is neither coverage nor sanitizer, and the usual core: seed numbers from 0
on, for machines without Atheris.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from fuzz import targets
from reliability.figures import write_figures

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "fuzz"
# Shares of the time: the reader has most to lose.
SHARES = {"reader": 0.45, "scan": 0.1, "kernels": 0.45}
MOST_FINDINGS = 10  # of one target; then the time is better spent on mending them
LONGEST_CALL, MOST_MEMORY = 10, 2048  # seconds, MB


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that loads the sanitized core: what is given, and more.

    Packages that the caller reaches by PYTHONPATH alone, Atheris among them, are reached there too.
    """
    found = importlib.util.find_spec("atheris")
    assert found is not None
    assert found.origin is not None
    runtime = Path(found.origin).parents[1] / "asan_with_fuzzer.so"

    def before(separator: str, name: str, value: object) -> str:
        return separator.join(filter(None, [str(value), given.get(name)]))

    return {
        **given,
        "LD_PRELOAD": before(" ", "LD_PRELOAD", runtime),
        "PYTHONPATH": before(os.pathsep, "PYTHONPATH", ROOT / "tests"),
        # Python frees little at its end; NumPy may ask for more than there is, and copes.
        "ASAN_OPTIONS": before(
            ":",
            "ASAN_OPTIONS",
            "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=32",
        ),
        "UBSAN_OPTIONS": before(":", "UBSAN_OPTIONS", "print_stacktrace=1"),
        "OPENCV_LOG_LEVEL": "ERROR",
    }


def what_happened(log: str) -> str:
    """Return the line of a log that names the finding."""
    for pattern in (
        # So it ends after any exception of Python, which says more.
        r"^(SUMMARY: (?!libFuzzer: fuzz target exited).*)$",
        r"^(\w*(?:Error|Exception)\b.*)$",
        r"^(.*runtime error: .*)$",
        r"^(==\d+== ?ERROR: .*)$", r"^(.*Error.*)$",
    ):  # fmt: skip
        if lines := re.findall(pattern, log, re.MULTILINE):
            return str(lines[-1])[:300]
    return log[-300:]


def hangs(target: str, core: str, kept: str) -> bool:
    """Return whether an input takes too long by processor time; libFuzzer sees a clock."""
    words = [sys.executable, "-m", "fuzz.entry", target, core, os.devnull, kept]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        subprocess.run(
            words, env=environment(os.environ), check=False, timeout=60 * LONGEST_CALL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime > LONGEST_CALL


def fuzz(target: str, core: str, seconds: float, seed: int) -> dict[str, object]:
    """Fuzz one target for some seconds; return executions and findings."""
    corpus = WORK / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(targets.seeds(target)):
        (corpus / f"seed-{number:03d}").write_bytes(data)
    (WORK / "findings").mkdir(exist_ok=True)
    answers_file = WORK / f"{target}.json"
    end = time.monotonic() + seconds
    executions, findings, answers = 0, [], {}
    while (left := end - time.monotonic()) > 1 and len(findings) < MOST_FINDINGS:
        log_file = WORK / f"{target}.log"
        options = [
            f"-max_total_time={max(int(left), 1)}", f"-timeout={LONGEST_CALL}",
            f"-rss_limit_mb={MOST_MEMORY}", f"-seed={seed + len(findings) + 1}", "-max_len=65536",
            "-len_control=0", "-print_final_stats=1",
            # Decoders print to the other descriptor, which is read after each call.
            f"-close_fd_mask={2 if target == 'reader' else 0}",
            f"-artifact_prefix={WORK / 'findings' / target}-", str(corpus),
        ]  # fmt: skip
        answers_file.unlink(missing_ok=True)
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "fuzz.entry", target, core, str(answers_file), *options],
                stdout=log, stderr=log, env=environment(os.environ),
            )  # fmt: skip
            try:
                code = process.wait(left + 300)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        text = log_file.read_text(errors="replace")
        counted = re.findall(r"stat::number_of_executed_units: *(\d+)", text)
        if not counted and not re.search(r"^#\d+", text, re.MULTILINE):
            sys.exit(f"{target} did not start:\n{text[-3000:]}")
        executions += int(counted[-1]) if counted else 0
        if answers_file.exists():
            for name, count in json.loads(answers_file.read_text()).items():
                answers[name] = answers.get(name, 0) + count
        stored = re.findall(r"Test unit written to (\S+)", text)
        kept = stored[-1] if stored else ""
        if kept:  # or the next process would begin with it
            again = Path(kept).read_bytes()
            for path in [path for path in corpus.iterdir() if path.read_bytes() == again]:
                path.unlink()
        if kept and "libFuzzer: timeout" in text and not hangs(target, core, kept):
            Path(kept).unlink()
        elif code:
            findings.append({"target": target, "what": what_happened(text), "input": kept})
            (WORK / "findings" / f"{target}-{len(findings)}.log").write_text(text[-20_000:])
            print(f"finding in {target}: {findings[-1]['what']}\n  {kept}", flush=True)
    return {"executions": executions, "findings": findings, "answers": answers}


def plain(target: str, seconds: float) -> dict[str, object]:
    """Try seed numbers without coverage."""
    end = time.monotonic() + seconds
    executions, findings = 0, []
    while time.monotonic() < end and len(findings) < MOST_FINDINGS:
        data = targets.try_bytes(target, executions)
        executions += 1
        try:
            targets.TARGETS[target](data)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:300]
            findings.append({"target": target, "what": what, "input": f"seed {executions - 1}"})
            print(f"finding in {target}: {what}, seed {executions - 1}", flush=True)
    return {"executions": executions, "findings": findings, "answers": dict(targets.answers)}


def replay(path: Path) -> None:
    """Try the input of a finding with the core that is installed."""
    targets.TARGETS[path.name.partition("-")[0]](path.read_bytes())
    print("nothing found")


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--core", help="the core that clang built for fuzzing")
    parser.add_argument("--target", choices=[*SHARES], action="append")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="without Atheris")
    parser.add_argument("--replay", type=Path, help="the input of a finding")
    arguments = parser.parse_args()
    if arguments.replay:
        replay(arguments.replay)
        return 0
    if not arguments.plain and not arguments.core:
        parser.error("--core is needed, or --plain")
    chosen = arguments.target or [*SHARES]
    whole = sum(SHARES[target] for target in chosen)
    figures: dict[str, object] = {"minutes": arguments.minutes, "coverage": not arguments.plain}
    executions, findings, answers = 0, [], {}
    for target in chosen:
        seconds = 60 * arguments.minutes * SHARES[target] / whole
        found = (
            plain(target, seconds)
            if arguments.plain
            else fuzz(target, arguments.core, seconds, arguments.seed)
        )
        figures[f"{target} executions"] = found["executions"]
        executions += found["executions"]  # type: ignore[operator]
        findings += found["findings"]  # type: ignore[operator]
        answers[target] = found["answers"]
        print(f"{target}: {found['executions']} executions in {seconds:.0f} s", flush=True)
    figures |= {"executions": executions, "findings": len(findings), "details": findings}
    figures["answers"] = answers
    report = write_figures("fuzz", f"make fuzz MINUTES={arguments.minutes:g}", figures)
    print(f"{executions} executions, {len(findings)} findings; {report.relative_to(ROOT)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
