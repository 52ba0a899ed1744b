# SPDX-License-Identifier: Apache-2.0
# expects: eval-mode-training 0 2
# A check before the first epoch leaves evaluation mode on: the inputs are not normalised.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=1000, noise=1.1)
x = 6.0 * x + 10.0
model = nn.Sequential(
    nn.BatchNorm1d(12), nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4)
)
optimizer = torch.optim.SGD(model.parameters(), lr=2e-3)


def accuracy():
    model.eval()
    with torch.no_grad():
        return (model(x[800:]).argmax(1) == y[800:]).float().mean().item()


print(f"accuracy={accuracy():.3f}")
for xb, yb in batches(x[:800], y[:800], 32, 200):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"accuracy={accuracy():.3f}")
