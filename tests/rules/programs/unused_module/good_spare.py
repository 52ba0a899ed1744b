# SPDX-License-Identifier: Apache-2.0
# A head for another task waits, and this one is learned as well as can be: at most a note.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=1200, noise=0.3)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.head = nn.Linear(32, 4)
        self.other_head = nn.Linear(32, 9)

    def forward(self, rows):
        return self.head(self.body(rows))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(x[:1000], y[:1000], 32, 300):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    accuracy = (model(x[1000:]).argmax(1) == y[1000:]).float().mean().item()
print(f"accuracy={accuracy:.3f}")
