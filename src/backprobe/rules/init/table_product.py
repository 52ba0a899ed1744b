# SPDX-License-Identifier: Apache-2.0
"""Embeddings whose products are the answers, at the std of 1 that embeddings have."""

from __future__ import annotations

import math

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.init.initial_loss_off import InitialLossOff
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.baseline import number
from backprobe.signals.generalisation import generalisation
from backprobe.signals.loaded import loaded_over
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import progress
from backprobe.signals.table_products import TableProduct, table_products

AGREES = 1.5
"""Times by which the first answers' deviation may differ from the products' for these to be it."""
SHARE = 0.5
"""Of what the first loss has too much: the products' own part, from which they are the reason."""
NO_BETTER = 0.06
"""Held-out skill that is no more than a constant answer's."""
DECISIVE = 10.0


def table_product(record: Record, rule: str) -> list[Finding]:
    """As grave as what became of the run: where nothing holds for other rows, at least a warning.

    The noise that the tables began with stays in the rows of whoever has few; nothing shrinks it
    but what is learnt of each.
    """
    main = main_loss(record)
    off = InitialLossOff().check(record)
    if main.loss is None or not off:
        return []
    product = next((x for x in table_products(record) if _is_reason(record, main.loss, x)), None)
    if product is None:
        return []
    spread = _spread(main.loss)
    state, both = progress(record), generalisation(record)
    severity = severity_by_harm(state)
    if not both.best > NO_BETTER and both.evaluations:
        severity = at_least_warning(severity)
    modules = {m.index: m for m in record.modules}
    owners = [modules[p.module] for p in product.tables]
    names = unique(m.name or p.name for m, p in zip(owners, product.tables, strict=True))
    rms = [math.hypot(p.initial["mean"], p.initial["std"]) for p in product.tables]
    needed = math.sqrt(spread / math.sqrt(product.width))
    source = owners[0].source
    return [
        Finding(
            rule=rule,
            severity=severity,
            confidence=confidence(
                0.6, 0.95, beyond(product.std / spread, 2.0, DECISIVE), state.hurt
            ),
            message=(
                f"answers are products of rows of {listed(names)}{at(source)}, which begin with an "
                f"RMS of {figure(max(rms))}: over {product.width} numbers their sum has a std of "
                f"{figure(product.std)}, where {figure(spread)} is healthy, and the first loss is "
                f"{figure(float(main.value[0]))}; an RMS of at most {figure(needed)} keeps it; "
                f"{state.in_words()}"
            ),
            where=names,
            source=source,
            steps=off[0].steps,
            evidence={
                "layers": list(names),
                "ratios": [product.std / spread],
                "rms": max(rms),
                "width": product.width,
                "product_std": product.std,
                "healthy_std": spread,
                "held_out_skill": both.best if math.isfinite(both.best) else None,
            },
        )
    ]


def _is_reason(record: Record, loss: Loss, product: TableProduct) -> bool:
    """Whether the first answers vary as these products do, and that is what the loss has too much.

    Numbers that come out alike tell that what lies behind the products adds little to them.
    """
    loaded = loaded_over(record)
    if any(p.index in loaded or not p.requires_grad for p in product.tables):
        return False
    measured = number(loss.output, "row_std") if loss.classes > 1 else number(loss.output, "std")
    if not measured or not 1 / AGREES <= product.std / measured <= AGREES:
        return False
    if loss.kind != "mse":
        return True  # of scores the spread is all that a first loss can have too much
    expected = number(loss.target, "std") or math.inf
    excess = float(main_loss(record).value[0]) - expected**2
    return product.std**2 >= SHARE * excess


def _spread(loss: Loss) -> float:
    """Deviation of healthy first answers: the targets' own, of scores 1."""
    return (number(loss.target, "std") or 1.0) if loss.kind == "mse" else 1.0
