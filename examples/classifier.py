# SPDX-License-Identifier: Apache-2.0
"""A classifier of handwritten digits, plain PyTorch; its options make it healthy or sick."""

import argparse

import torch
from data import CHOICES, batches, load
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
}

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=CHOICES, default="digits")
parser.add_argument("--activation", choices=ACTIVATIONS, default="relu")
parser.add_argument("--depth", type=int, default=2, help="hidden layers")
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--init", default="default", help="default, zeros, normal:STD, xavier, he")
parser.add_argument(
    "--bias", type=float, help="of the hidden layers; as PyTorch draws it if not given"
)
parser.add_argument("--dropout", type=float, default=0.0)
parser.add_argument("--batchnorm", action="store_true")
parser.add_argument("--lr", type=float, default=0.05)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--rows", type=int, help="training rows; all if not given")
arguments = parser.parse_args()


def network(inputs: int, classes: int) -> nn.Sequential:
    """Hidden layers of one width, each followed by what was asked for."""
    layers: list[nn.Module] = [nn.Flatten()]
    for _ in range(arguments.depth):
        layers.append(nn.Linear(inputs, arguments.width))
        if arguments.batchnorm:
            layers.append(nn.BatchNorm1d(arguments.width))
        layers.append(ACTIVATIONS[arguments.activation]())
        if arguments.dropout:
            layers.append(nn.Dropout(arguments.dropout))
        inputs = arguments.width
    return nn.Sequential(*layers, nn.Linear(inputs, classes))


def initialize(module: nn.Module) -> None:
    """Sets the weights of a linear layer as `--init` says."""
    if not isinstance(module, nn.Linear):
        return
    scheme, _, value = arguments.init.partition(":")
    if scheme == "zeros":
        nn.init.zeros_(module.weight)
    elif scheme == "normal":
        nn.init.normal_(module.weight, std=float(value or 1.0))
    elif scheme == "xavier":
        nn.init.xavier_normal_(module.weight)
    elif scheme == "he":
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    if arguments.bias is not None and module.out_features == arguments.width:
        nn.init.constant_(module.bias, arguments.bias)


torch.manual_seed(0)
x, y, x_test, y_test = load(arguments.data, arguments.rows)
loader = batches(x, y)
model = network(x[0].numel(), 10)
model.apply(initialize)
optimizer = torch.optim.SGD(model.parameters(), lr=arguments.lr, momentum=0.9)

for epoch in range(arguments.epochs):
    model.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(images)
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1}: loss {total / len(x):.4f}, test accuracy {accuracy:.1%}")
