import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

T, C = 24, 3


def recordings(n):
    """Time-major recordings of three channels; class = which channel leads."""
    lead = torch.randint(0, 3, (n,))
    base = torch.rand(n) * 2 * math.pi
    t = torch.arange(T)[:, None, None] * 0.5
    shift = F.one_hot(lead, 3) * 1.2
    x = torch.sin(t + base[None, :, None] + shift[None])
    return x + 0.3 * torch.randn(T, n, C), lead


class Leader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(C, 24, 5)
        self.conv2 = nn.Conv1d(24, 24, 5)
        self.fc = nn.Linear(24, 3)

    def forward(self, x):
        t, b, c = x.shape
        x = x.permute(1, 2, 0)
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.mean(-1))


model = Leader()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
x_train, y_train = recordings(2000)
x_test, y_test = recordings(500)
for epoch in range(12):
    for idx in torch.randperm(2000).split(40):
        loss = F.cross_entropy(model(x_train[:, idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1:2d} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
