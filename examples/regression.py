# SPDX-License-Identifier: Apache-2.0
"""A regression on clinical measurements in their own units; `--scale` standardises them."""

import argparse

import torch
from data import batches
from sklearn.datasets import load_diabetes
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--scale", choices=("none", "inputs", "targets", "both"), default="none")
parser.add_argument("--clip", type=float, help="bound of the gradient norm")
parser.add_argument("--lr", type=float, default=0.001)
parser.add_argument("--epochs", type=int, default=20)
arguments = parser.parse_args()

torch.manual_seed(0)
data = load_diabetes(scaled=False)
x = torch.tensor(data.data, dtype=torch.float32)
y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(1)
if arguments.scale in ("inputs", "both"):
    x = (x - x.mean(0)) / x.std(0)
if arguments.scale in ("targets", "both"):
    y = (y - y.mean()) / y.std()

held_out = torch.randperm(len(x))[:100]
train = torch.ones(len(x), dtype=torch.bool).index_fill(0, held_out, False)
x_test, y_test = x[held_out], y[held_out]

loader = batches(x[train], y[train], 32)
model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=arguments.lr)

for epoch in range(arguments.epochs):
    model.train()
    for features, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(features), target)
        loss.backward()
        if arguments.clip:
            nn.utils.clip_grad_norm_(model.parameters(), arguments.clip)
        optimizer.step()
    model.eval()
    with torch.no_grad():
        unexplained = (model(x_test) - y_test).square().mean() / y_test.var()
    print(f"epoch {epoch + 1}: loss {loss.item():.4g}, test R2 {1 - unexplained.item():.3f}")
