# SPDX-License-Identifier: Apache-2.0
"""The curve of a range test, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backprobe.signals.lr_curve import Advice


def draw(
    history: Mapping[str, Sequence[float]],
    advice: Advice,
    skip: tuple[int, int],
    log_lr: bool,
    show_lr: float | None,
    ax: Any,
) -> Any:
    """Draws a sweep and what it says; see `LRFinder.plot`."""
    skip_start, skip_end = skip
    if skip_start < 0 or skip_end < 0:
        raise ValueError(
            f"skip_start={skip_start}, skip_end={skip_end}; expected whole numbers from 0"
        )
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "plot() needs matplotlib, which is not installed: pip install matplotlib; without it, "
            "`history` has the curve and `suggestion()` the rate"
        ) from error
    rates, losses = history["lr"], history["loss"]
    stop = len(rates) - skip_end if len(rates) > skip_start + skip_end else len(rates)
    start = skip_start if len(rates) > skip_start + skip_end else 0
    own = ax is None
    if own:
        _, ax = pyplot.subplots()
    ax.plot(rates[start:stop], losses[start:stop])
    ax.set_xscale("log" if log_lr else "linear")
    ax.set_xlabel("Learning rate")
    ax.set_ylabel("Loss")
    suggestion = advice.suggestion
    if advice.range is not None and suggestion is not None:
        ax.axvspan(*advice.range, color="tab:green", alpha=0.12)
        ax.axvline(suggestion, color="tab:green", label=f"suggestion {suggestion:.2g}")
        ax.legend()
    elif advice.refused is not None:
        ax.set_title(f"no suggestion: {advice.refused}", fontsize="small", wrap=True)
    if show_lr is not None:
        ax.axvline(show_lr, color="red")
    if own and ax.figure is not None:
        pyplot.show()
    return ax if suggestion is None else (ax, suggestion)
