import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def signals(n, length=32):
    t = torch.linspace(0, 1, length)
    amp = torch.rand(n, 2) + 0.3
    phase = torch.rand(n, 2) * 2 * math.pi
    freq = torch.tensor([1.0, 3.0])
    waves = amp[:, :, None] * torch.sin(2 * math.pi * freq[None, :, None] * t + phase[:, :, None])
    return waves.sum(1) + 0.05 * torch.randn(n, length)


class Compressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(32, 48), nn.ReLU(), nn.Linear(48, 6))
        self.decoder = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 32))

    def forward(self, x):
        return self.decoder(self.encoder(x))


train, test = signals(3000), signals(600)
model = Compressor()
optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
for epoch in range(15):
    for batch in train[torch.randperm(3000)].split(60):
        loss = (model(batch) - batch).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1}: {loss.item():.4f}")

with torch.no_grad():
    r2 = 1 - (model(test) - test).square().sum() / (test - test.mean(0)).square().sum()
print(f"FINAL r2={r2.item():.4f}")
