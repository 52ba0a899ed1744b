# SPDX-License-Identifier: Apache-2.0
"""Targets that are coded otherwise than their loss reads them: 0 for -1, many ones for shares."""

from __future__ import annotations

from collections.abc import Iterator

from backprobe.records import Finding, Loss, Record, Source
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, figure, percent
from backprobe.signals import metric_names
from backprobe.signals.baseline import number
from backprobe.signals.losses import BINARY
from backprobe.signals.printed import printed_series
from backprobe.signals.progress import progress

OF_EACH_ANSWER = ("f1", "accuracy", "acc")
"""Scores of which each answer's own yes or no is asked, as no ranking of them is."""
TINY = 0.05
"""Largest target of one that was scaled away; labels that are smoothed or shared stay above."""
SAME = "gets the same loss whatever the network says, and teaches nothing"


def signs(record: Record, rule: str) -> Iterator[Finding]:
    """Losses of the answers 1 and -1 that are told something else, mostly 0 for no."""
    outputs = output_names(record, record.losses[0]) if record.losses else ()
    told = [
        (
            f"`{event.data['function']}`",
            float(event.data["low"]),
            float(event.data["high"]),
            float(event.data["share"]),
            Source(str(event.data["file"]), int(event.data["line"]), str(event.data["text"])),
            outputs,
        )
        for event in record.named("loss-codes")
    ]
    for loss in record.losses:
        low, high = number(loss.target, "min"), number(loss.target, "max")
        mean = number(loss.target, "mean")
        if loss.kind == "soft_margin" and (low, high) == (0.0, 1.0) and mean is not None:
            name, source = "`soft_margin_loss`", loss.source or Source("", 0, "")
            told.append((name, 0.0, 1.0, 1.0 - mean, source, output_names(record, loss)))
    state = progress(record)
    for name, low, high, share, source, where in told:
        yield Finding(
            rule=rule,
            severity=at_least_warning(severity_by_harm(state)),
            confidence=confidence(0.85, 0.97, between(share, 0.0, 0.5)),
            message=(
                f"{name}{at(source)} takes the answers 1 and -1, and {percent(share)} of its "
                f"targets are neither (they run from {figure(low)} to {figure(high)}): such a row "
                + ("counts as both at once" if "hinge" in name else SAME)
                + ("; `2 * target - 1` makes them so" if (low, high) == (0.0, 1.0) else "")
            ),
            where=where,
            source=source,
            evidence={"share": share, "target_min": low, "target_max": high, "codes": True},
        )


def many_ones(record: Record, rule: str, loss: Loss) -> Finding | None:
    """Rows of several ones given to cross entropy, which takes shares that add up to 1."""
    most = number(loss.output, "share_sum_most")
    if loss.kind != "cross_entropy" or most is None or not loss.output.get("shares_whole"):
        return None
    least = number(loss.output, "share_sum_least") or 0.0
    if most < 2.0:
        return None
    state = progress(record)
    names = {name for name, _ in printed_series(record)}
    names |= {metric_names.metric(key) for key in record.history}
    judged = sorted(name for name in names if name in OF_EACH_ANSWER)
    severity = severity_by_harm(state)
    if severity != "note" or judged:
        severity = "warning"
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence(0.4, 0.85, float(bool(judged)), state.hurt),
        message=(
            f"the targets{at(loss.source)} are rows of 0 and 1 with {figure(least)} to "
            f"{figure(most)} ones each, and cross entropy shares one answer out among "
            f"{loss.classes or 'all'} classes: a softmax can't say yes to several"
            + (f", and the script tells {judged[0]} of each answer" if judged else "")
        ),
        where=output_names(record, loss),
        source=loss.source,
        evidence={"least": least, "most": most, "judged": bool(judged), "multi_hot": True},
        treatments=("swap-loss=bce-with-logits",),
    )


def scaled_away(record: Record, rule: str, loss: Loss) -> Finding | None:
    """Targets of 0 and one tiny number, where yes or no is asked: a mask divided by 255."""
    low, high = number(loss.target, "min"), number(loss.target, "max")
    mean, std = number(loss.target, "mean"), number(loss.target, "std")
    if loss.kind not in BINARY or low != 0.0 or high is None or mean is None or std is None:
        return None
    if not 0.0 < high <= TINY:
        return None
    # Of two distinct numbers only the variance is as large as their means allow.
    if abs(std * std - mean * (high - mean)) > 1e-3 * mean * high:
        return None
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence(0.85, 0.97, between(high, TINY, 0.0)),
        message=(
            f"the targets of {loss.kind}{at(loss.source)} are 0 and {figure(high)}, which is "
            "hardly a yes: the network is taught never to answer more; were they divided with the "
            "pictures? A yes is 1"
        ),
        where=output_names(record, loss),
        source=loss.source,
        evidence={"target_max": high, "target_mean": mean, "scaled": True},
    )
