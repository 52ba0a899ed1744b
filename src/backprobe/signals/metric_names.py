# SPDX-License-Identifier: Apache-2.0
"""Names of metrics: which way is better, and whether a name speaks of training or of evaluation."""

from __future__ import annotations

import re

UP = frozenset(
    "acc accuracy r2 r² f1 auc auroc auprc ap map precision recall sensitivity specificity iou "
    "miou dice jaccard psnr ssim bleu rouge score reward return mcc kappa top1 top5 hits em ndcg "
    "mrr likelihood elbo correlation pearson spearman ari nmi silhouette correct success".split()
)
DOWN = frozenset(
    "loss nll mae mse rmse rmsle mape smape error err errors perplexity ppl cer wer fid kl bpc bpd "
    "brier regret distance cost crossentropy ce bce msle".split()
)
OBJECTIVES = frozenset("loss nll ce bce crossentropy cost kl".split())
"""Names of training objectives: alone they may be measured on training data."""
UNIT_SCALE = UP - frozenset("psnr score reward return likelihood elbo correct".split())
"""Metrics whose natural range is at most 1 wide, above."""
EVALUATION = frozenset(
    "val valid validation test testing eval evaluation dev heldout holdout held unseen".split()
)
TRAINING = frozenset("train training running tr batch".split())
_WORD = re.compile(r"[a-z]+[0-9²]?|[0-9]+")


def words(name: str) -> list[str]:
    """The words of a name, in lower case: `Val/R2_score` is val, r2, score."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return _WORD.findall(spaced.lower().replace("r^2", "r2"))


def metric(name: str) -> str:
    """The word of a name that says what is measured, "" where none is known."""
    for word in reversed(words(name)):
        if word in UP or word in DOWN:
            return word
    return ""


def higher_is_better(name: str) -> bool | None:
    """Which way is better by the name; None where it does not say."""
    word = metric(name)
    return None if not word else word in UP


def evaluates(name: str) -> bool:
    """Whether a name speaks of evaluation."""
    return bool(EVALUATION & set(words(name)))


def trains(name: str) -> bool:
    """Whether a name speaks of training."""
    return bool(TRAINING & set(words(name)))
