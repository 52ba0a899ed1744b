import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# logistic-map-like series with a seasonal drive: predict three steps ahead
n = 2600
t = torch.arange(n + 20).float()
drive = torch.sin(t / 7) + 0.5 * torch.sin(t / 3.1)
series = torch.zeros(n + 20)
for k in range(1, n + 20):
    series[k] = 0.7 * torch.tanh(series[k - 1] * 1.2) + 0.5 * drive[k] + 0.05 * torch.randn(())
series = (series - series.mean()) / series.std()
windows = series.unfold(0, 12, 1)[:n]
targets = series[14:14 + n].unsqueeze(1)


class TCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 3), nn.ReLU(), nn.Conv1d(16, 16, 3, dilation=2), nn.ReLU())
        self.lin = nn.Linear(16 * 6, 1)

    def forward(self, w):
        return self.lin(self.conv(w.unsqueeze(1)).flatten(1))


model = TCN()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(10):
    for idx in torch.randperm(2000).split(40):
        optimizer.zero_grad()
        loss = (model(windows[idx]) - targets[idx]).pow(2).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.001)
        optimizer.step()
    print(f"epoch {epoch + 1}/10  mse {loss.item():.4f}")

with torch.no_grad():
    p, y = model(windows[2000:]), targets[2000:]
    r2 = 1 - (p - y).pow(2).sum() / (y - y.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
