# SPDX-License-Identifier: Apache-2.0
# expects: unused-module shape
# One of two branches is left out of the forward: half of the labels can still be told.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=1200, classes=2, noise=0.5)
other, z = blobs(rows=1200, classes=2, noise=0.5, seed=1)
rows, label = torch.cat([x, other], 1), 2 * y + z


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.colour = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.shape = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.head = nn.Linear(32, 4)

    def forward(self, rows):
        return self.head(self.colour(rows[:, :12]))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(rows[:1000], label[:1000], 32, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    accuracy = (model(rows[1000:]).argmax(1) == label[1000:]).float().mean().item()
print(f"accuracy={accuracy:.3f}")
