# SPDX-License-Identifier: Apache-2.0
"""Digits 5 to 9 from few rows; the first layers may come from a network that knows 0 to 4."""

import argparse

import torch
from data import CHOICES, batches, load
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=CHOICES, default="digits")
parser.add_argument("--layers", type=int, default=0, help="layers to take over: 0, 1 or 2")
parser.add_argument("--freeze", action="store_true", help="do not train those further")
parser.add_argument("--rows", type=int, default=15, help="rows of the new task")
parser.add_argument("--epochs", type=int, default=20)
arguments = parser.parse_args()


def network() -> nn.Sequential:
    """Two convolutions and a head for five classes."""
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(nn.Flatten(), nn.Linear(32 * (height // 2) * (width // 2), 5)),
    )


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """SGD with momentum on what may be trained."""
    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(wanted, lr=0.02, momentum=0.9)
    loader = batches(x, y, 32)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()


torch.manual_seed(0)
x, y, x_test, y_test = load(arguments.data)
channels, height, width = x.shape[1:]
old, new, new_test = y < 5, y >= 5, y_test >= 5

model = network()
if arguments.layers:
    source = network()
    train(source, x[old], y[old], 3)
    for taken in range(arguments.layers):
        model[taken].load_state_dict(source[taken].state_dict())
        if arguments.freeze:
            model[taken].requires_grad_(False)

train(model, x[new][: arguments.rows], y[new][: arguments.rows] - 5, arguments.epochs)
with torch.no_grad():
    accuracy = (model(x_test[new_test]).argmax(1) == y_test[new_test] - 5).float().mean().item()
print(f"{arguments.layers} layers taken over, {arguments.rows} rows: test accuracy {accuracy:.1%}")
