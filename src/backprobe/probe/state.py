# SPDX-License-Identifier: Apache-2.0
"""What the parts of one process's probe share, and how they are put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from backprobe import settings
from backprobe.probe import batches, fragments, hashes, sites
from backprobe.probe import host as hosts
from backprobe.probe.asked import Asked
from backprobe.probe.broken import Broken
from backprobe.probe.budget import Budget
from backprobe.probe.by_hand import ByHand
from backprobe.probe.derivatives import Derivatives
from backprobe.probe.edges import Edges
from backprobe.probe.evaluation import Phase
from backprobe.probe.forgotten import Forgotten
from backprobe.probe.guard import Guard
from backprobe.probe.judged import Judged
from backprobe.probe.lags import Lags
from backprobe.probe.lines import Lines
from backprobe.probe.losses import Losses
from backprobe.probe.mirrors import Mirrors
from backprobe.probe.mixtures import Mixtures
from backprobe.probe.named_losses import NamedLosses
from backprobe.probe.occasional import EVERY
from backprobe.probe.outputs import Outputs
from backprobe.probe.packed import Packed
from backprobe.probe.partners import Partners
from backprobe.probe.recorder import HistogramClock, Recorder
from backprobe.probe.samples import Samples
from backprobe.probe.scaling import Scaling
from backprobe.probe.set_back import SetBack
from backprobe.probe.shared_rows import SharedRows
from backprobe.probe.shares import Shares
from backprobe.probe.structure import Structure
from backprobe.probe.successive import Successive
from backprobe.probe.totals import Totals
from backprobe.probe.transfer import Transfers
from backprobe.probe.units import Clock, Look
from backprobe.probe.unused import Unused
from backprobe.records import Operation

NAN = float("nan")
THREADS = "another thread trains too: only the first that did is followed"
FIRST_LOOK = 4
"""Steps after which modules are asked for attributes that do nothing; then after twice as many."""
_settling = threading.Lock()


@dataclass
class State:
    """The state of one process's probe.

    Arguments:
        light: whether only losses and evaluations are read, and no layer, parameter or batch.
        step: the optimizer step that is being gathered, from 0.
        observing: whether it is observed in full.
        histograms: whether it gets histograms.
        doze: steps from now on of which nothing at all is recorded, because even their loss would
            cost more than the budget.
        stepped: whether an optimizer has ever stepped.
        occasion: whether what is too dear for every step is measured in it.
        unit_look: whether single units of layers are looked at in it.
        thread, settled: which thread is followed, and whether that is decided.
        refused: threads whose backward came while another one's forward was running.
        running: tells whether the followed thread is inside a forward.
        mode_trusted: whether a root in eval mode with gradients on is an evaluation.
        catch_up: makes what is known of steps and budget new, where compiled code follows steps.
        switch: told at the begin of each step whether it is observed: module hooks that only wait
            are taken off meanwhile.
        woken: whether they are in place although the step is not observed.
        compared: what compares the inputs of the first batches with their targets, by its name.
        attributes: looks for attributes of modules that do nothing.
        look_at: the step at which it does so next.
    """

    recorder: Recorder
    guard: Guard
    budget: Budget
    clock: HistogramClock
    light: bool = False
    structure: Structure = field(init=False)
    outputs: Outputs = field(default_factory=Outputs)
    transfers: Transfers = field(default_factory=Transfers)
    losses: Losses = field(init=False)
    thread: int = field(default_factory=threading.get_ident)
    settled: bool = False
    running: Callable[[], bool] = lambda: False
    step: int = 0
    observing: bool = True
    histograms: bool = True
    occasion: bool = True
    unit_look: bool = True
    unit_clock: Clock = field(default_factory=Clock)
    stepped: bool = False
    doze: int = 0
    in_backward: bool = False
    packed: Packed = field(default_factory=Packed)
    step_began: float = field(default_factory=perf_counter)
    loss_sum: float | Tensor = 0.0
    loss_index: int = -1
    backwards: int = 0
    clip_norm: float | Tensor = NAN
    clip_limit: float = NAN
    clip_share: float | Tensor = NAN
    scaling: Scaling = field(default_factory=Scaling)
    samples: float = NAN
    training: float = NAN
    root: int = -1
    mode_trusted: bool = True
    seen_training: bool = False
    criterion_site: tuple[str, int] | None = None
    batch: dict[str, float] | None = None
    batch_rows: NDArray[np.uint64] | Tensor | None = None
    predicted: Tensor | None = None
    batch_step: int = -1
    batch_count: int = 0
    batch_late: dict[str, Tensor] = field(default_factory=dict)
    phase: Phase | None = None
    unused: Unused = field(default_factory=Unused)
    dropped_told: bool = False
    named_losses: NamedLosses = field(init=False)
    graph: list[Operation] = field(default_factory=list)
    blind: dict[str, None] = field(default_factory=dict)
    samples_kept: Samples = field(init=False)
    lags: Lags = field(init=False)
    compared: dict[str, Lags | Successive | Partners | SharedRows | Forgotten] = field(init=False)
    edges: Edges = field(init=False)
    set_back: SetBack = field(init=False)
    shared_rows: SharedRows = field(init=False)
    forgotten: Forgotten = field(init=False)
    derivatives: Derivatives = field(init=False)
    by_hand: ByHand = field(default_factory=ByHand)
    shares: Shares = field(init=False)
    totals: Totals = field(init=False)
    mixtures: Mixtures = field(init=False)
    mirrors: Mirrors = field(init=False)
    lines: Lines = field(init=False)
    asked: Asked = field(init=False)
    judged: Judged = field(init=False)
    broken: Broken = field(init=False)
    refused: set[int] = field(default_factory=set)
    catch_up: Callable[[], None] = lambda: None
    switch: Callable[[bool], None] | None = None
    woken: bool = False
    attributes: Callable[[], None] = lambda: None
    look_at: int = FIRST_LOOK

    def __post_init__(self) -> None:
        self.structure = Structure(self.light)
        module_of = self.structure.module_of
        self.named_losses = NamedLosses(self.guard, lambda module: id(module) in module_of)
        self.losses = Losses(
            self.structure.touch,
            self.transfers,
            self.recorder.event,
            self.structure.parameter_of,
        )
        kept = settings.samples() and settings.trial() is None
        self.samples_kept = Samples(self.transfers, self.recorder.keep_samples, kept)
        self.lags = Lags(self.recorder.event, self.transfers)
        self.forgotten = Forgotten(self.recorder.event)
        self.shared_rows = SharedRows(self.recorder.event, self.transfers)
        self.compared = {
            "lags": self.lags,
            "successive": Successive(self.recorder.event),
            "partners": Partners(self.recorder.event, self.transfers),
            "shared rows": self.shared_rows,
            "forgotten": self.forgotten,
        }
        self.set_back = SetBack(self.recorder.event, self.transfers)
        self.edges = Edges(self.recorder.event, self.transfers)
        self.derivatives = Derivatives(self.recorder.event, self.structure.parameter_of)
        self.shares = Shares(self.recorder.event)
        self.totals = Totals(self.recorder.event, self.transfers)
        self.mixtures = Mixtures(self.recorder.event)
        self.mirrors = Mirrors(self.recorder.event)
        self.lines = Lines(self.recorder.event, lambda: self.step)
        self.asked = Asked(self.budget)
        self.judged = Judged(self.structure, self.recorder.event, lambda: self.step)
        self.asked.count = self.judged.count
        self.broken = Broken(self.recorder.event, self.structure.numbers)
        self.clock.due(0)
        if self.light:
            self.histograms = self.occasion = self.unit_look = False

    @property
    def every_step(self) -> bool:
        """Whether every step is observed, and gets histograms."""
        return self.budget.share is None and self.budget.only is None and self.clock.every == 1

    @property
    def till_occasion(self) -> int:
        """Observed steps, after the one that goes on, until the next in which all is measured."""
        return EVERY - 1 - (self.budget.observed - 1) % EVERY

    def mine(self) -> bool:
        """Whether the calling thread is the one that is followed: the first that trains."""
        caller = threading.get_ident()
        if caller == self.thread:
            return True
        if self.in_backward and type(threading.current_thread()).__name__ == "_DummyThread":
            return True  # of autograd itself: a device's backward, and a step from its hooks
        if not self.settled and caller not in self.refused and not self.running():
            return True
        self.blind_spot(THREADS)
        return False

    def settle(self) -> bool:
        """Follows the calling thread for good if none is followed yet; whether it is followed."""
        with _settling:
            if not self.settled and (self.thread == threading.get_ident() or not self.running()):
                self.settled = True
                self.thread = threading.get_ident()
            elif not self.settled:
                # Its step comes without a backward that was seen; the next backward may settle it.
                self.refused.add(threading.get_ident())
        return self.mine()

    def blind_spot(self, text: str) -> None:
        """Says once what can't be seen."""
        if text not in self.blind:
            self.blind[text] = None
            self.recorder.event("blind-spot", text=text)

    def signal(self, stream: str, name: str, index: int, value: Tensor | None) -> None:
        """Records one value of a signal that is only measured now and then."""
        if value is not None:
            step = self.step
            self.transfers.send(
                [value],
                lambda v: self.recorder.signal(stream, step, name, index, float(v[0])),
            )

    def units(self, index: int, every: int, values: Tensor) -> None:
        """Records what `units.measure` gave of a place."""
        step, shape = self.step, values.shape
        self.transfers.send(
            [values],
            lambda v: self.recorder.units.append(Look(step, index, every, v.reshape(shape))),
        )

    def pass_by(self) -> None:
        """Counts a step of which nothing is recorded."""
        self.doze -= 1
        self.step += 1
        self.budget.steps += 1
        if self.doze == 0:
            self.step_began = perf_counter()

    def begin_step(self) -> None:
        """Sets everything that is gathered a step to nothing and decides what to observe next."""
        if self.phase is not None:
            self.guard.run("evaluation", self.end_phase)
        self.asked.over()
        self.step += 1
        self.loss_sum, self.loss_index, self.backwards = 0.0, -1, 0
        self.clip_norm = self.clip_limit = self.clip_share = NAN
        self.samples = self.training = NAN
        self.scaling.begin_step()
        if self.step >= self.look_at:  # the last look is in a run's second half
            self.look_at = 2 * self.step
            self.attributes()
        before, self.observing = self.observing, self.budget.next()
        full = self.observing and not self.light
        self.occasion = full and (self.budget.observed - 1) % EVERY == 0
        self.histograms = full and self.clock.due(self.step)
        self.unit_look = full and self.unit_clock.due(self.step)
        if self.switch is not None and not (before and self.observing):
            self.switch(self.observing)
        self.woken = False
        self.step_began = perf_counter()

    def sleep(self) -> None:
        """Takes the module hooks off again that an evaluation had put in place."""
        self.woken = False
        self.asked.over()
        if self.switch is not None:
            self.switch(False)

    def broke(self) -> None:
        """The loss is not finite: the next steps are observed."""
        self.budget.anomaly()
        if not self.light:
            self.guard.run("losses", self.broken.look, self.step)

    def begin_phase(self) -> None:
        """Begins an evaluation phase."""
        self.phase = Phase(self.step, site=self.lines.evaluation(), line=self.asked.line)
        self.named_losses.begin(self.phase)

    def drop_phase(self) -> None:
        """Forgets an evaluation phase: it turned out to be training."""
        self.named_losses.end()
        self.phase = None

    def end_phase(self) -> None:
        """Ends an evaluation phase, if one is going on."""
        if self.phase is not None:
            self.named_losses.end()
            self.phase.unseen = self.asked.kept(self.phase.line)
            self.recorder.tables["evaluations"].append(self.phase.row())
            mode = "evaluation-in-training" if self.phase.training else "evaluation"
            self.lines.tell(mode, self.phase.site)
            place = sites.source(self.phase.dropped)
            if place is not None and not self.phase.training and not self.dropped_told:
                self.dropped_told = True
                self.recorder.event(
                    "evaluation-dropout",
                    file=place.file,
                    line=place.line,
                    text=place.text,
                    layer=self.phase.dropped_by_layer,
                )
            self.phase = None

    def begin_batch(
        self, row: dict[str, float], readings: dict[str, Tensor | NDArray[np.float32]]
    ) -> None:
        """Keeps a batch's row until it is complete.

        Arguments:
            row: what is known at once.
            readings: prefix → what `batches.six` gave, on the host or on a device.
        """
        self.batch = dict(row)
        self.batch_late = {}
        for prefix, values in readings.items():
            if isinstance(values, Tensor):
                self.batch_late[prefix] = values
            else:
                self.batch.update(batches.summary(values, prefix))

    def keep_rows(self, x: Tensor, evaluation: bool, target: Tensor | None = None) -> None:
        """Hashes a batch's rows; a training batch's targets come with its loss."""
        found = hashes.rows(x) if hosts.near(x) else hashes.far_rows(x)
        if found is None:
            return
        self.batch_rows, self.batch_step, self.batch_count = found, self.step, x.shape[0]
        pieces = fragments.fragments(x)
        if pieces is not None:
            keep = partial(self.recorder.add_fragments, self.step, int(evaluation))
            self.transfers.send([pieces], keep)
        if evaluation:
            self._end_rows(1, target)

    def _end_rows(self, evaluation: int, target: Tensor | None) -> None:
        rows, self.batch_rows = self.batch_rows, None
        if rows is None:
            return
        targets: NDArray[np.uint64] | Tensor | None = None
        if target is not None:
            count = self.batch_count
            if target.dim() == 1 and target.numel() > count > 0 and target.numel() % count == 0:
                target = target.reshape(count, -1)  # one a token, told in one line
            targets = hashes.rows(target) if hosts.near(target) else hashes.far_rows(target)
        if targets is not None and len(targets) != len(rows):
            targets = None
        step = self.step if evaluation else self.batch_step
        late = [part for part in (rows, targets) if isinstance(part, Tensor)]
        if len({part.device for part in late}) > 1:
            late, targets = late[:1], None

        def deliver(values: NDArray[np.float32]) -> None:
            found = []
            for part in (rows, targets):
                if isinstance(part, Tensor):
                    found.append(hashes.finished(values[: part.numel()]))
                    values = values[part.numel() :]
                else:
                    found.append(np.zeros(len(rows), np.uint64) if part is None else part)
            self.recorder.hashes.append((step, evaluation, found[0], found[1]))

        if late:
            self.transfers.send(late, deliver)
        else:
            deliver(np.zeros(0, np.float32))

    def end_batch(
        self, target: Tensor | None = None, facts: Mapping[str, float] | None = None
    ) -> None:
        """Writes the batch that waits, with what its loss told of its targets.

        Arguments:
            target: of the batch.
            facts: more of its row; those of a device's targets are filled in when they arrive,
                which is before the row is written.
        """
        self.predicted = None
        facts = {} if facts is None else facts  # the very one: it may be filled in later
        if self.batch is not None and self.batch["step"] != self.step:
            target, facts = None, {}  # its own loss passed unread: these are a later batch's
        self.guard.run("samples", self.samples_kept.finish, target)
        for name, compared in self.compared.items():
            self.guard.run(name, compared.finish, target)
        self._end_rows(0, target if self.batch_step == self.step else None)
        if self.batch is None:
            return
        row, late = self.batch, self.batch_late
        self.batch, self.batch_late = None, {}
        waiting = self.recorder.tables["batches"]

        def deliver(values: NDArray[np.float32]) -> None:
            for prefix, part in late.items():
                given, values = values[: part.numel()], values[part.numel() :]
                row.update(batches.arrived(given, prefix))
            row.update(facts)
            waiting.append(row)

        if late:
            self.transfers.send(list(late.values()), deliver)
        else:
            self.transfers.after(lambda: deliver(np.zeros(0, np.float32)))

    def flush_structure(self) -> None:
        """Writes what is new of the structure, the losses and the graph."""
        self.losses.refresh()
        fresh: dict[str, list[Any]] = self.structure.take()
        if fresh:
            self.recorder.structure(fresh)
