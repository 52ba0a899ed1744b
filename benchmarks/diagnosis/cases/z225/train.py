import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import weight_norm

torch.manual_seed(int(os.environ.get("SEED", 0)))
L = 24


def adding_problem(n):
    values = torch.rand(n, L)
    marks = torch.zeros(n, L)
    first = torch.randint(0, L // 2, (n, 1))
    second = torch.randint(L // 2, L, (n, 1))
    marks.scatter_(1, first, 1.0).scatter_(1, second, 1.0)
    y = (values * marks).sum(1, keepdim=True)
    return torch.stack([values, marks], dim=2), y


class TemporalBlock(nn.Module):
    def __init__(self, n_in, n_out, k, dilation):
        super().__init__()
        self.pad = (k - 1) * dilation
        self.conv1 = weight_norm(nn.Conv1d(n_in, n_out, k, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(n_out, n_out, k, dilation=dilation))
        self.downsample = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else nn.Identity()

    def forward(self, x):
        h = F.relu(self.conv1(F.pad(x, (self.pad, 0))))
        h = F.relu(self.conv2(F.pad(h, (self.pad, 0))))
        return F.relu(h + self.downsample(x))


class TCN(nn.Module):
    def __init__(self, channels=(20, 20, 20), k=4):
        super().__init__()
        blocks, c = [], 2
        for i, w in enumerate(channels):
            blocks.append(TemporalBlock(c, w, k, 2 ** i))
            c = w
        self.tcn = nn.Sequential(*blocks)
        self.linear = nn.Linear(c, 1)
        nn.init.normal_(self.linear.weight, 0, 0.01)

    def forward(self, x):
        return self.linear(self.tcn(x.permute(0, 2, 1))[:, :, -1])


X, Y = adding_problem(2400)
Xt, Yt = adding_problem(400)
model = TCN()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(8):
    model.train()
    order = torch.randperm(len(X))
    total = 0.0
    for i in range(0, len(X), 32):
        idx = order[i:i + 32]
        optimizer.zero_grad()
        loss = F.mse_loss(model(X[idx]), Y[idx])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(idx)
    for g in optimizer.param_groups:
        g["lr"] *= 0.8
    print(f"Train Epoch: {epoch + 1} Loss: {total / len(X):.5f}")
model.eval()
with torch.no_grad():
    mse = F.mse_loss(model(Xt), Yt).item()
print(f"FINAL mse={mse:.4f}")
