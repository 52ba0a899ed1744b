# SPDX-License-Identifier: Apache-2.0
"""Treatments written into sources: what changes, what stays, and diffs that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePath

import pytest

from backprobe.treatments.names import TABLE
from backprobe.trials.patch.diff import unified
from backprobe.trials.patch.edits import WRITERS, written
from backprobe.trials.patch.mirror import mirror
from backprobe.trials.patch.source import CannotPatch

SCRIPT = """\
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

LR = 0.5     # tuned by hand

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Dropout(0.8), nn.Linear(8, 8))
        self.gate, self.head = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        x = torch.sigmoid( self.body(x) )   # spaces as they are
        x = x * torch.sigmoid(self.gate(x))
        x = x.detach()
        with torch.no_grad():
            self.seen = x.mean()
        return F.softmax(self.head(x), dim=1)

x_train, x_test = torch.randn(60, 4), torch.randn(20, 4)
y_train = (x_train[:, 0] > 0).long()
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10)
model = Net()
opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
for p in model.body.parameters():
    p.requires_grad = False
model.eval()
for epoch in range(3):
    for a, b in loader:
        out = model(a)
        loss = F.nll_loss(out, b)
        loss.backward()
        opt.step()
    with torch.no_grad():
        print("größe", F.mse_loss(out, b))
        model(x_test)
"""


def changed(treatment: str, text: str = SCRIPT) -> tuple[list[str], list[str]]:
    """The lines that go and the lines that come, without their indentation."""
    diff = unified(PurePath("train.py"), text, written(text, [treatment])).splitlines()[2:]
    return (
        [line[1:].strip() for line in diff if line.startswith("-")],
        [line[1:].strip() for line in diff if line.startswith("+")],
    )


@pytest.mark.parametrize(
    ("treatment", "gone", "come"),
    [
        ("scale-lr=0.1", ["LR = 0.5     # tuned by hand"], ["LR = 0.05     # tuned by hand"]),
        (
            "weight-decay=0.01",
            ["opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)"],
            ["opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9, weight_decay=0.01)"],
        ),
        (
            "momentum=0.5",
            ["opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)"],
            ["opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.5)"],
        ),
        (
            "swap-optimizer=adam",
            ["opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)"],
            ["opt = torch.optim.Adam(model.parameters(), lr=1e-3)"],
        ),
        ("zero-grad", [], ["opt.zero_grad()"]),
        (
            "clip-gradients=1.0",
            [],
            ["torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)"],
        ),
        ("train-mode", [], ["model.train()"]),
        ("eval-mode", [], ["model.train()", "model.eval()"]),
        ("unfreeze", ["p.requires_grad = False"], ["p.requires_grad = True"]),
        ("ignore-detach", ["x = x.detach()"], ["x = x"]),
        ("ignore-no-grad", ["with torch.no_grad():"], ["with torch.enable_grad():"]),
        (
            "drop-output-activation",
            ["return F.softmax(self.head(x), dim=1)"],
            ["return self.head(x)"],
        ),
        (
            "swap-loss=cross-entropy",
            ["return F.softmax(self.head(x), dim=1)", "loss = F.nll_loss(out, b)"],
            ["return self.head(x)", "loss = F.cross_entropy(out, b)"],
        ),
        (
            "shuffle",
            ["loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10)"],
            ["loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)"],
        ),
        (
            "batch-size=32",
            ["loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10)"],
            ["loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32)"],
        ),
        (
            "align-shapes",
            ['print("größe", F.mse_loss(out, b))'],
            ['print("größe", F.mse_loss(out, b.reshape(out.shape)))'],
        ),
        (
            "standardize-inputs",
            [],
            [
                "mean, std = x_train.mean(0, keepdim=True), x_train.std(0, keepdim=True)",
                "std[std == 0] = 1.0",
                "x_train = (x_train - mean) / std",
                "x_test = (x_test - mean) / std",
            ],
        ),
    ],
)
def test_a_treatment_is_written_into_a_source(
    treatment: str, gone: list[str], come: list[str]
) -> None:
    """Nothing else changes, comments and spaces stay."""
    assert changed(treatment) == (gone, come)


def test_a_step_that_is_missing_is_written() -> None:
    """With `zero_grad`, which a script without steps lacks as well."""
    text = SCRIPT.replace("        opt.step()\n", "")
    assert changed("step-optimizer", text) == ([], ["opt.step()", "opt.zero_grad()"])


def test_hidden_activations_are_swapped() -> None:
    """Modules and functions; gates and what is returned stay."""
    gone, come = changed("swap-activation=relu")
    assert len(gone) == len(come) == 2
    assert "nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.8)" in come[0]
    assert come[1] == "x = torch.relu(self.body(x))   # spaces as they are"


def test_dropout_is_switched_off() -> None:
    """By its probability, so that the layers keep their numbers."""
    assert "nn.Dropout(0.0)" in changed("dropout=off")[1][0]


def test_weights_are_drawn_before_the_optimizer() -> None:
    """After all that the script does to them itself."""
    text = written(SCRIPT, ["initialize=he"])
    assert text.index("Net()") < text.index("kaiming_normal_") < text.index("torch.optim.SGD")


@pytest.mark.parametrize(
    ("treatment", "text", "said"),
    [
        ("standardize-targets", SCRIPT, "not written into a source"),
        ("scale-lr=10", "import torch\n", "no line `name = torch.optim"),
        ("unfreeze", "import torch\n", "requires_grad"),
        ("swap-loss=mse", SCRIPT, "no loss that mse"),
        ("zero-grad", "import torch\nx = (\n", "no Python"),
        ("swap-activation=relu", "from torch.nn import Sigmoid\n", "no hidden activation"),
    ],
)
def test_what_does_not_map_says_why(treatment: str, text: str, said: str) -> None:
    """In words that name the line that was looked for."""
    with pytest.raises(CannotPatch, match=said):
        written(text, [treatment])


def test_writers_are_of_treatments() -> None:
    """Each name is one that `--treat` takes."""
    assert set(WRITERS) <= set(TABLE)


@pytest.mark.parametrize("text", [SCRIPT, SCRIPT.replace("\n", "\r\n"), SCRIPT.rstrip("\n")])
@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "--binary", "-i"]])
def test_diffs_apply_cleanly(tmp_path: Path, text: str, tool: list[str]) -> None:
    """By git and by patch, whatever the line ends and the end of the file."""
    folder = tmp_path / "project" / "src"
    folder.mkdir(parents=True)
    (folder / "train.py").write_bytes(text.encode())
    after = written(text, ["zero-grad", "scale-lr=0.1", "eval-mode"])
    diff = unified(PurePath("src/train.py"), text, after)
    (tmp_path / "cure.patch").write_bytes(diff.encode())
    subprocess.run([*tool, "../cure.patch"], cwd=tmp_path / "project", check=True)
    assert (folder / "train.py").read_bytes() == after.encode()


def test_a_copy_has_all_that_the_folder_has(tmp_path: Path) -> None:
    """What is written over in the copy stays as it was in the folder."""
    folder = tmp_path / "project"
    (folder / "pkg" / "data").mkdir(parents=True)
    (folder / "pkg" / "train.py").write_text("old")
    (folder / "pkg" / "data" / "x").write_text("rows")
    (folder / "best.pt").write_text("weights")
    mirror(folder, tmp_path / "copy", {Path("pkg/train.py"): "new"})
    assert (tmp_path / "copy/pkg/train.py").read_text() == "new"
    assert (tmp_path / "copy/pkg/data/x").read_text() == "rows"
    (tmp_path / "copy/best.pt").write_text("other")
    assert (folder / "best.pt").read_text() == "weights"
    assert (folder / "pkg" / "train.py").read_text() == "old"
