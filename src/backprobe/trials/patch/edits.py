# SPDX-License-Identifier: Apache-2.0
"""Treatments that map to code, and the source with them written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from backprobe.treatments.names import parse
from backprobe.trials.patch import inputs_edit, model_edits, optimizer_edits
from backprobe.trials.patch.source import CannotPatch, Edit, Source

Write = Callable[[Source, str], list[Edit]]

WRITERS: Mapping[str, Write] = {
    "align-shapes": model_edits.align_shapes,
    "batch-first": model_edits.batch_first,
    "batch-size": model_edits.batch_size,
    "clip-gradients": optimizer_edits.clip_gradients,
    "drop-output-activation": model_edits.drop_output_activation,
    "dropout": model_edits.dropout,
    "eval-mode": optimizer_edits.eval_mode,
    "ignore-detach": model_edits.ignore_detach,
    "ignore-no-grad": model_edits.ignore_no_grad,
    "initialize": model_edits.initialize,
    "lr": optimizer_edits.lr,
    "momentum": optimizer_edits.momentum,
    "scale-lr": optimizer_edits.scale_lr,
    "shuffle": model_edits.shuffle,
    "standardize-inputs": inputs_edit.standardize_inputs,
    "step-optimizer": optimizer_edits.step_optimizer,
    "swap-activation": model_edits.swap_activation,
    "swap-loss": model_edits.swap_loss,
    "swap-optimizer": optimizer_edits.swap_optimizer,
    "train-mode": optimizer_edits.train_mode,
    "unfreeze": optimizer_edits.unfreeze,
    "weight-decay": optimizer_edits.weight_decay,
    "zero-grad": optimizer_edits.zero_grad,
}
"""Name of a treatment → what writes it into a source."""


def written(text: str, treatments: Sequence[str]) -> str:
    """A source with treatments written in.

    Arguments:
        text: of the file.
        treatments: as after `--treat`; one after the other.

    Raises:
        CannotPatch: one of them doesn't map to this source; the text says why.
    """
    for treatment in treatments:
        name, value = parse(treatment)
        writer = WRITERS.get(name)
        if writer is None:
            raise CannotPatch(f"{name} is not written into a source")
        try:
            source = Source(text)
        except SyntaxError as error:
            raise CannotPatch(f"the source is no Python that is understood: {error.msg}") from error
        text = source.apply(dict.fromkeys(writer(source, value)))
    return text
