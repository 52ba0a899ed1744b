import os
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


def decays(n):
    """Mixtures of two exponential decays; the two rates are to be read off."""
    t = torch.linspace(0, 3, 40)
    rates = torch.rand(n, 2) * torch.tensor([0.8, 3.0]) + torch.tensor([0.2, 1.5])
    share = 0.3 + 0.4 * torch.rand(n, 1)
    curve = share * torch.exp(-rates[:, :1] * t) + (1 - share) * torch.exp(-rates[:, 1:] * t)
    return curve + 0.003 * torch.randn(n, 40), rates


x, y = decays(4000)
x = (x - x[:3200].mean(0)) / x[:3200].std(0)
y = (y - y[:3200].mean(0)) / y[:3200].std(0)

model = nn.Sequential(nn.Linear(40, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
# time-based decay: lr = lr0 / (1 + decay * iterations)
decay = 1e-4
scheduler = LambdaLR(optimizer, lambda it: 1.0 / (1.0 + decay * it))

for epoch in range(30):
    order = torch.randperm(3200)
    total = 0.0
    for i in range(0, 3200, 40):
        b = order[i:i + 40]
        loss = nn.functional.mse_loss(model(x[b]), y[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d} mse {total / 80:.4f}")

with torch.no_grad():
    err = ((model(x[3200:]) - y[3200:]) ** 2).mean(0)
    r2 = (1 - err / y[3200:].var(0)).mean().item()
print(f"FINAL r2={r2:.4f}")
