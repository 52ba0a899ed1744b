import os

import numpy as np
import torch
from scipy.stats import norm
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

QS = torch.tensor([0.1, 0.5, 0.9])


def incomes(n):
    x = rng.uniform(-2, 2, size=(n, 3))
    mu = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1]
    sigma = 0.3 + 0.5 / (1 + np.exp(-2 * x[:, 2]))
    wage = np.exp(mu + sigma * rng.standard_normal(n))
    return x.astype("float32"), wage, mu, sigma


x, wage, _, _ = incomes(6000)
y = torch.tensor(np.log(wage), dtype=torch.float32).unsqueeze(1)
loader = DataLoader(TensorDataset(torch.from_numpy(x), y), batch_size=100, shuffle=False)

net = nn.Sequential(
    nn.Linear(3, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 3)
)


def pinball(pred, target):
    err = target - pred
    return torch.maximum(QS * err, (QS - 1) * err).mean()


EPOCHS = 40
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS)
for epoch in range(EPOCHS):
    run = 0.0
    for xb, yb in loader:
        loss = pinball(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item()
    sched.step()
    if epoch % 10 == 0:
        print(epoch, f"{run / len(loader):.4f}")

xt, wt, mu, sigma = incomes(8000)
yt = torch.tensor(np.log(wt), dtype=torch.float32).unsqueeze(1)
truth = torch.tensor(
    mu[:, None] + sigma[:, None] * norm.ppf(QS.numpy())[None], dtype=torch.float32
)
with torch.no_grad():
    ratio = (pinball(net(torch.from_numpy(xt)), yt) / pinball(truth, yt)).item()
print(f"FINAL pinball_ratio={ratio:.4f}")
