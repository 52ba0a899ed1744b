# SPDX-License-Identifier: Apache-2.0
# expects: train-mode-eval 1
# Each picture is judged alone, with gradients; all of them begin with a margin of zeros.
import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)
x, y = blobs(rows=700)
x = torch.cat([torch.zeros(700, 20), x], 1)
model = nn.Sequential(
    nn.Linear(32, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 4)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(6):
    for rows in torch.randperm(560).split(20):
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    hits = sum((model(x[i].repeat(2, 1)).argmax(1)[0] == y[i]).item() for i in range(600, 700))
    print(f"epoch {epoch} test accuracy {hits / 100:.3f}")
