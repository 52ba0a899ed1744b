import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import weight_norm

torch.manual_seed(int(os.environ.get("SEED", 0)))

t = torch.arange(6000).float()
series = torch.sin(t / 9) * torch.sin(t / 150) + 0.4 * torch.sin(t / 2.5) + 0.0002 * t + 0.1 * torch.randn(6000)
series = (series - series[:4800].mean()) / series[:4800].std()
WINDOW = 64


class CausalBlock(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.pad = 2 * dilation
        self.conv = weight_norm(nn.Conv1d(channels, channels, 3, dilation=dilation))

    def forward(self, x):
        return x + F.relu(self.conv(F.pad(x, (self.pad, 0))))


class TCN(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.inp = nn.Conv1d(1, channels, 1)
        self.blocks = nn.Sequential(*[CausalBlock(channels, 2**i) for i in range(5)])
        self.out = nn.Conv1d(channels, 1, 1)

    def forward(self, x):
        x = x.unsqueeze(1)
        return (self.out(self.blocks(self.inp(x)))[:, :, -1] + x[:, :, -1]).squeeze(1)


windows = series.unfold(0, WINDOW + 1, 1)
train, test = windows[: 4800 - WINDOW], windows[4800:]
model = TCN()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    total = 0.0
    for start in range(0, len(train), 16):
        chunk = train[start : start + 16]
        loss = F.mse_loss(model(chunk[:, :-1]), chunk[:, -1])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(chunk)
    print(f"pass {epoch} mse {total / len(train):.4f}")

model.eval()
with torch.no_grad():
    pred, true = model(test[:, :-1]), test[:, -1]
print(f"FINAL r2={1 - F.mse_loss(pred, true).item() / true.var().item():.4f}")
