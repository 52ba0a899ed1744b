import math
import os
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

WINDOW = 48


def traffic(n):
    """Hourly counts: day and week rhythm, slow drift, noise."""
    g = torch.Generator().manual_seed(77)
    t = torch.arange(n, dtype=torch.float32)
    day = torch.sin(2 * math.pi * t / 24) + 0.4 * torch.sin(4 * math.pi * t / 24 + 1)
    week = 0.5 * torch.cos(2 * math.pi * t / 168)
    drift = torch.cumsum(torch.randn(n, generator=g) * 0.03, 0)
    s = day * (1 + 0.5 * week) + drift + 0.1 * torch.randn(n, generator=g)
    return (s - s[:3000].mean()) / s[:3000].std()


class CausalConv(nn.Module):
    def __init__(self, c_in, c_out, dilation):
        super().__init__()
        self.pad = 2 * dilation
        self.conv = nn.Conv1d(c_in, c_out, 3, dilation=dilation)

    def forward(self, x):
        return torch.relu(self.conv(nn.functional.pad(x, (self.pad, 0))))


class TCN(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.trunk = nn.Sequential(
            CausalConv(1, channels, 1), CausalConv(channels, channels, 2), CausalConv(channels, channels, 4),
            CausalConv(channels, channels, 8), CausalConv(channels, channels, 8))
        self.out = nn.Linear(channels, 1)

    def forward(self, x):
        return self.out(self.trunk(x.unsqueeze(1))[:, :, -1]).squeeze(1)


def weights_init(m):
    if isinstance(m, (nn.Conv1d, nn.Linear)):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


series = traffic(4000)
windows = series.unfold(0, WINDOW + 1, 1)
X, y = windows[:, :WINDOW], windows[:, WINDOW]
n_train = 3000 - WINDOW

model = TCN()
model.apply(weights_init)
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(8):
    order = torch.randperm(n_train)
    losses = []
    for i in range(0, n_train, 64):
        b = order[i:i + 64]
        loss = nn.functional.mse_loss(model(X[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"[{epoch}] mse {sum(losses) / len(losses):.4f}")

with torch.no_grad():
    p = model(X[3000:])
    r2 = 1 - ((p - y[3000:]) ** 2).mean() / y[3000:].var()
print(f"FINAL r2={r2.item():.4f}")
