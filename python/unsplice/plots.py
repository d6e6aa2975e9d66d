"""Results as drawings by matplotlib, an extra: nothing else of unsplice needs it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import UsageError
from unsplice.previews import HEAT_SCALE
from unsplice.step import Step

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_result", "plot_steps", "require_matplotlib"]


def require_matplotlib() -> Any:
    """Return matplotlib, or say how to get it (E189)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what its own dependencies deprecate
            import matplotlib.figure
    except ImportError as error:
        raise UsageError(
            "E189", purpose="a plot", package="matplotlib", extra="plot", reason=error
        ) from None
    return matplotlib


def draw_result(
    overlay: NDArray[np.uint8],
    heatmap: NDArray[np.float32],
    title: str,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw overlay and heat map side by side; `unsplice.Localization.plot` says more."""
    matplotlib = require_matplotlib()
    own = axes is None
    if axes is None:
        rows, cols = heatmap.shape
        figure = matplotlib.figure.Figure(
            figsize=(10, 0.8 + 4.4 * min(max(rows / cols, 0.3), 2.0)), layout="constrained"
        )
        axes = list(figure.subplots(1, 2))
    elif len(axes) != 2:
        raise ValueError(f"axes must be two, for overlay and heat map, got {len(axes)}")
    panels: Any = axes
    left, right = panels
    left.imshow(overlay)
    left.set_title("marked")
    shown = right.imshow(heatmap, cmap=_color_map(), vmin=0, vmax=1)
    right.set_title("heat map")
    for panel in (left, right):
        panel.set_axis_off()
    right.figure.colorbar(shown, ax=right, label="suspicious", shrink=0.8)
    whole: Figure = right.figure.figure  # not the part of it that the axes are in
    if own:  # else the title of the whole is not ours
        whole.suptitle(_plain(title), wrap=True)
    return whole


def plot_steps(steps: Sequence[Step], *, columns: int = 3) -> Figure:
    """Draw the steps of a method side by side, each under its title.

    Parameters
    ----------
    steps : sequence of Step
        As `unsplice.blind.steps.localize_in_steps` and `unsplice.pair.steps.compare_in_steps` give
        them; at least one.
    columns : int
        How many stand beside each other.

    Returns
    -------
    matplotlib.figure.Figure
        Of its own: matplotlib's current figure stays what it is.

    Raises
    ------
    UsageError
        E189 if matplotlib is not installed.
    ValueError
        If there is no step, or no column.

    Examples
    --------
    >>> from unsplice.blind.steps import localize_in_steps
    >>> from unsplice.synthetic.pairs import make_scene
    >>> _, steps = localize_in_steps(make_scene(96, 128, seed=1))
    >>> figure = plot_steps(steps)
    >>> figure.axes[0].get_title()
    'JPEG history'
    """
    if not steps:
        raise ValueError("steps must be at least one, got none")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    matplotlib = require_matplotlib()
    rows = -(-len(steps) // columns)
    height, width = steps[0].picture.shape[:2]
    aspect = min(max(height / width, 0.3), 2.0)
    figure: Figure = matplotlib.figure.Figure(
        figsize=(3.6 * columns, rows * (0.5 + 3.4 * aspect)), layout="constrained"
    )
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, step in zip(panels, steps, strict=False):
        colors = _color_map() if step.kind == "map" else "gray"
        panel.imshow(step.picture, cmap=colors, vmin=0, vmax=255)
        panel.set_title(_plain(step.title), fontsize="medium", wrap=True)
    return figure


def _color_map() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap(HEAT_SCALE / 255.0, name="unsplice")


def _plain(text: str) -> str:
    """Return text that matplotlib takes for no formula."""
    return text.replace("$", r"\$")
