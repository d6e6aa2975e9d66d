"""Some of the pictures of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

from unsplice.arguments import whole_number
from unsplice.errors import unknown_name
from unsplice.evaluation.datasets.sample import Sample

__all__ = ["PICTURES", "Pictures", "select_samples"]

Pictures = Literal["all", "tampered", "authentic"]
PICTURES: tuple[Pictures, ...] = get_args(Pictures)


def select_samples(
    samples: Iterable[Sample], *, pictures: Pictures = "all", limit: int | None = None
) -> list[Sample]:
    """Return those of the samples that are wanted, in their order.

    Parameters
    ----------
    samples : iterable of Sample
        As `unsplice.evaluation.datasets.read_dataset` gives them.
    pictures : {"all", "tampered", "authentic"}
        Which.
    limit : int, optional
        >= 1. The first so many of each set and kind only.

    Raises
    ------
    UsageError
        E180 if `pictures` is another word.
    TypeError, ValueError
        If `limit` is no whole number, or is less than 1.

    Examples
    --------
    >>> from pathlib import Path
    >>> listed = [Sample("x", kind, f"{kind}{n}", Path(f"{kind}{n}.jpg"))
    ...           for kind in ("splice", "authentic") for n in range(3)]
    >>> [sample.name for sample in select_samples(listed, limit=2)]
    ['splice0', 'splice1', 'authentic0', 'authentic1']
    """
    if pictures not in PICTURES:
        raise unknown_name("choice of pictures", pictures, PICTURES)
    if limit is not None:
        whole_number(limit, "limit", 1)
    wanted: list[Sample] = []
    counts: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        if pictures != "all" and sample.authentic != (pictures == "authentic"):
            continue
        counts[sample.dataset, sample.kind] += 1
        if limit is None or counts[sample.dataset, sample.kind] <= limit:
            wanted.append(sample)
    return wanted
