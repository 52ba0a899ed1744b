# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps 0 2
import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)
x, y = blobs(rows=2000, classes=8, noise=1.1)


def make():
    net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 8))
    return net, torch.optim.Adam(net.parameters(), lr=1e-3)


for epoch in range(8):
    net, optimizer = make()
    for rows in torch.randperm(1600).split(32):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[1600:]).argmax(1) == y[1600:]).float().mean()
    print(f"epoch {epoch} val accuracy {accuracy:.3f}")
