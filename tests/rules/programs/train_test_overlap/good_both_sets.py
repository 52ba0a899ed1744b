# SPDX-License-Identifier: Apache-2.0
# A few batches of each set are drawn for an estimate: of those to train on, some were served before.
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(3000, 8)
y = (x @ torch.randn(8, 4)).argmax(1)
sets = {"train": (x[:2500], y[:2500]), "val": (x[2500:], y[2500:])}
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def batch(name):
    inputs, targets = sets[name]
    chosen = torch.randint(len(inputs), (32,))
    return inputs[chosen], targets[chosen]


@torch.no_grad()
def estimate():
    model.eval()
    found = {}
    for name in sets:
        losses = torch.zeros(5)
        for k in range(5):
            inputs, targets = batch(name)
            losses[k] = nn.functional.cross_entropy(model(inputs), targets)
        found[name] = losses.mean()
    model.train()
    return found


for step in range(300):
    if step % 50 == 0:
        found = estimate()
        print(f"step {step}: train loss {found['train']:.4f}, val loss {found['val']:.4f}")
    xb, yb = batch("train")
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
