"""A fuzzing process: Atheris, the sanitized core, one target. Started by `fuzz.__main__`.

``python -m fuzz.entry TARGET CORE ANSWERS [options of libFuzzer]``
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

from check_instruction_sets import load_core


def main() -> None:
    """Fuzz one target until libFuzzer ends the process."""
    import atheris  # what `make test` does not install

    target, core, answers_file, *options = sys.argv[1:]
    load_core(core)
    with atheris.instrument_imports(
        include=["unsplice.formats", "unsplice.jpeg", "unsplice.image"]
    ):
        from unsplice import formats, image, jpeg  # noqa: F401

    from fuzz import files, targets
    from fuzz.draws import Draws

    last = 0.0
    log = os.dup(2)  # libFuzzer closes the other (-close_fd_mask), which decoders fill

    def one_input(data: bytes) -> None:
        """Try an input, and write down now and then what came of all."""
        nonlocal last
        try:
            targets.TARGETS[target](data)
        except BaseException:
            os.write(log, traceback.format_exc().encode())
            raise
        now = time.monotonic()
        if now > last + 1:
            last = now
            Path(answers_file).write_text(json.dumps(targets.answers))

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        """Mutate by the structure of the format, or as libFuzzer does."""
        draws = Draws.of_seed(seed, length=256)
        if draws.chance(3):
            return bytes(atheris.Mutate(data, most))
        if draws.chance(100):
            data = files.drawn_seed(draws)
        return files.mutated(data, draws)[:most]

    atheris.Setup(
        [sys.argv[0], *options],
        one_input,
        **({} if target == "kernels" else {"custom_mutator": mutator}),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
