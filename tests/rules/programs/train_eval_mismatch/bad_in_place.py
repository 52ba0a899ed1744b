# SPDX-License-Identifier: Apache-2.0
# expects: train-eval-mismatch
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=1200, classes=6, features=12, noise=0.9)


class Rows(Dataset):
    def __init__(self, x, y, noise=0.0):
        self.x, self.y, self.noise = x, y, noise

    def __len__(self):
        return len(self.x)

    def __getitem__(self, row):
        x = self.x[row]
        if self.noise:
            x += self.noise * torch.randn(12)
        return x, self.y[row]


train = DataLoader(Rows(x[:800], y[:800], noise=0.35), batch_size=32, shuffle=True)
held = DataLoader(Rows(x[800:], y[800:]), batch_size=100)
model = mlp(12, 32, 6)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for _ in range(20):
    model.train()
    for xb, yb in train:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in held)
    print(f"held-out accuracy {right / 400:.3f}")
