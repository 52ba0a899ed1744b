# SPDX-License-Identifier: Apache-2.0
"""Where a training runs: loader workers, notebooks, other people's loops, `backprobe run`."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader
from tests.probe.settings import Net, Training, Watch, twice

Made = tuple[Training, list[nn.Module]]
SECONDS = 240.0


def data(rows: int = 24) -> TensorDataset:
    """Normal inputs and class ids."""
    return TensorDataset(torch.randn(rows, 8), torch.randint(0, 4, (rows,)))


@pytest.mark.parametrize("persistent", [False, True])
def test_loader_workers(watch: Watch, persistent: bool) -> None:
    """Batches from worker processes: same order, same losses, one loader, no process of ours."""

    def make() -> Made:
        net = Net()
        loader = DataLoader(
            data(),
            batch_size=6,
            shuffle=True,
            num_workers=2,
            persistent_workers=persistent,
            multiprocessing_context="fork",
        )
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            losses = []
            for _ in range(2):
                for x, y in loader:
                    loss = F.cross_entropy(net(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.item())
            return losses

        return train, [net]

    with warnings.catch_warnings():  # Python 3.12's about forks of threaded processes
        warnings.simplefilter("ignore", DeprecationWarning)
        found = twice(watch, make)
    loader = found.record.named("loader")[-1]
    assert (loader.data["workers"], loader.data["batch_size"]) == (2, 6)
    assert len(found.record.steps) == 8


def test_notebook_cells(watch: Watch) -> None:
    """Cells run one after another; sources are the cells' own lines, not ours or a library's."""
    import linecache

    def cell(number: int, code: str, space: dict[str, Any]) -> None:
        name = f"<ipython-input-{number}-0123456789ab>"
        code = textwrap.dedent(code)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        exec(compile(code, name, "exec"), space)

    def train() -> None:
        space: dict[str, Any] = {"__name__": "__main__"}
        cell(
            1,
            """\
            import torch
            from torch import nn
            net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
            optimizer = torch.optim.Adam(net.parameters())
            """,
            space,
        )
        training = """\
            for step in range(3):
                x, y = torch.randn(6, 8), torch.randint(0, 4, (6,))
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(net(x), y)
                loss.backward()
                optimizer.step()
            """
        cell(2, training, space)
        cell(3, "with torch.no_grad():\n    out = net(torch.randn(4, 8))\n", space)
        cell(4, training, space)

    record = watch(train)
    assert record.named("failure") == ()
    assert record.steps["step"].tolist() == list(range(6))
    source = record.modules[1].source
    assert source is not None
    assert "ipython-input-1" in source.file
    assert source.text.startswith("net = nn.Sequential(")
    loss = record.losses[0]
    assert loss.source is not None
    assert loss.source.text == "loss = nn.functional.cross_entropy(net(x), y)"
    assert len(record.losses) == 2  # two cells, two places
    assert len(record.evaluations) == 1


def test_accelerate(watch: Watch) -> None:
    """`Accelerator.prepare`, accumulation and clipping through it."""
    from accelerate import Accelerator  # type: ignore[import-untyped]
    from accelerate.state import AcceleratorState  # type: ignore[import-untyped]

    def make() -> Made:
        AcceleratorState._reset_state(True)
        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
        net = Net()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
        loader = DataLoader(data(), batch_size=4, shuffle=True)
        model, prepared, batches = accelerator.prepare(net, optimizer, loader)

        def train() -> Any:
            losses = []
            for x, y in batches:
                with accelerator.accumulate(model):
                    loss = F.cross_entropy(model(x), y)
                    accelerator.backward(loss)
                    if accelerator.sync_gradients:
                        accelerator.clip_grad_norm_(model.parameters(), 1.0)
                    prepared.step()
                    prepared.zero_grad()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    record = found.record
    losses = np.array(found.watched).reshape(3, 2).mean(1)
    assert np.allclose(record.steps["loss"], losses, rtol=1e-5)
    assert record.steps["backwards"].tolist() == [2, 2, 2]
    assert np.isfinite(record.steps["clip_norm"]).all()
    assert record.optimizers[0].type == "AdamW"


@pytest.mark.filterwarnings("ignore")  # Lightning's own
def test_lightning(watch: Watch, tmp_path: Path) -> None:
    """A LightningModule under its Trainer: training, validation, and a clipped norm."""
    import lightning as lightning_library

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning_library.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = Net()
            self.losses: list[float] = []

        def training_step(self, batch: Any, _: int) -> Tensor:
            x, y = batch
            loss = F.cross_entropy(self.net(x), y)
            self.losses.append(loss.item())
            return loss

        def validation_step(self, batch: Any, _: int) -> None:
            x, y = batch
            self.log("val", F.cross_entropy(self.net(x), y))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def make() -> Made:
        module = Module()
        trainer = lightning_library.Trainer(
            max_epochs=2,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=1.0,
            default_root_dir=tmp_path,
        )

        def train() -> Any:
            loaders = DataLoader(data(), batch_size=6), DataLoader(data(12), batch_size=6)
            trainer.fit(module, *loaders)
            return module.losses

        return train, [module]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert len(record.steps) == 8
    assert {p.name for p in record.places} >= {"net.stem", "net.head"}
    assert len(record.evaluations) >= 2
    assert np.isfinite(record.steps["clip_norm"]).all()


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_transformers_trainer(watch: Watch, tmp_path: Path) -> None:
    """A random-init BERT under `Trainer`, with accumulation and an evaluation."""
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

    def make() -> Made:
        config = BertConfig(
            vocab_size=50,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=16,
            num_labels=3,  # type: ignore[call-arg]
        )
        model = BertForSequenceClassification(config)
        rows = [
            {"input_ids": torch.randint(0, 50, (8,)), "labels": torch.tensor(n % 3)}
            for n in range(16)
        ]
        arguments = TrainingArguments(
            output_dir=str(tmp_path),
            max_steps=3,
            per_device_train_batch_size=4,
            gradient_accumulation_steps=2,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            disable_tqdm=True,
            logging_steps=1,
        )
        trainer = Trainer(model=model, args=arguments, train_dataset=rows, eval_dataset=rows[:4])

        def train() -> Any:
            result = trainer.train()
            trainer.evaluate()
            return result.training_loss, [p.sum().item() for p in model.parameters()]

        return train, [model]

    record = twice(watch, make).record
    assert len(record.steps) == 3
    assert record.steps["backwards"].tolist() == [2, 2, 2]
    assert record.losses[0].kind == "cross_entropy"
    assert np.isfinite(record.steps["clip_norm"]).all()
    assert record.optimizers[0].type == "AdamW"
    assert len(record.evaluations) == 1


SCRIPT = """\
import sys
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))

    def forward(self, x):
        return self.net(x)


def main():
    net = Net()
    model = torch.compile(net, backend="eager") if "compile" in sys.argv else net
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(30):
        x, y = torch.randn(6, 8), torch.randint(0, 4, (6,))
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(repr(loss.item()))


main()
"""


@pytest.mark.parametrize("words", [[], ["compile"]])
def test_warnings_as_errors_under_run(
    tmp_path: Path, store_directory: Path, words: list[str]
) -> None:
    """`python -W error` under `backprobe run`: no warning of ours, none that we cause."""
    (tmp_path / "train.py").write_text(SCRIPT)
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "train.py"]
    outputs = []
    for prefix in ([], [sys.executable, "-m", "backprobe", "run", "--budget", "1"]):
        done = subprocess.run(
            [*prefix, *command, *words],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    reader = RunReader(catalog.find(store_directory))
    reader.refresh()
    record: Record = reader.record()
    assert len(record.steps) == 30
    assert record.named("failure") == ()


def test_a_worker_thread_trains(watch: Watch) -> None:
    """A thread that a GUI or a tuner trains in is followed, though another one called `watch`."""
    import threading

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        losses: list[float] = []

        def work() -> None:
            for _ in range(4):
                x, y = torch.randn(6, 8), torch.randint(0, 4, (6,))
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())

        def train() -> Any:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            return losses

        return train, [net]

    found = twice(watch, make)
    assert np.allclose(found.record.steps["loss"], found.watched, rtol=1e-5)
    assert {place.name for place in found.record.places} >= {"stem", "head"}
    assert found.record.steps["samples"].tolist() == [6] * 4
