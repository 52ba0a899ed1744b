# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized head
# The optimizer was given the body, which runs without gradients, in place of the head.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=1500, classes=4)


class Probe(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body
        self.head = nn.Linear(64, 4)
        self.shift = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        with torch.no_grad():
            hidden = self.body(x)
        return self.head(hidden) + self.shift


def fit(net, parameters, loss_of):
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    for xb, yb in batches(x, y, 32, 200):
        loss = loss_of(net(xb), xb, yb)
        net.zero_grad()
        loss.backward()
        optimizer.step()


body = nn.Sequential(nn.Linear(12, 64), nn.ReLU())
out = nn.Linear(64, 12)
held = [*body.parameters(), *out.parameters()]
fit(nn.Sequential(body, out), held, lambda out, xb, _: nn.functional.mse_loss(out, xb))
model = Probe(body)
held = [*body.parameters(), model.shift]
fit(model, held, lambda out, _, yb: nn.functional.cross_entropy(out, yb))
