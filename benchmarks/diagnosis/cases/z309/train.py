import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_friedman1(2600, n_features=10, noise=0.8, random_state=SEED)
mu, sd = y[:2000].mean(), y[:2000].std()
X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
y = torch.tensor((y - mu) / sd, dtype=torch.float32).unsqueeze(1)
train = DataLoader(TensorDataset(X[:2000], y[:2000]), batch_size=50, shuffle=True)


class MCDropoutNet(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 128), nn.ReLU(), nn.Dropout(p), nn.Linear(128, 128), nn.ReLU(), nn.Dropout(p), nn.Linear(128, 2))

    def forward(self, x):
        mean, log_var = self.net(x).chunk(2, 1)
        return mean, log_var.clamp(-6, 3)


def nll(mean, log_var, target):
    return 0.5 * (log_var + (target - mean) ** 2 * torch.exp(-log_var)).mean()


model = MCDropoutNet()
opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
for epoch in range(30):
    tot = 0.0
    for xb, yb in train:
        loss = nll(*model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item()
    if epoch % 6 == 5:
        print(f"epoch {epoch + 1} nll {tot / len(train):.4f}")

# predictive distribution: 60 stochastic passes with dropout on
model.train()
with torch.no_grad():
    draws = [model(X[2000:]) for _ in range(60)]
mean = torch.stack([d[0] for d in draws]).mean(0)
epistemic = torch.stack([d[0] for d in draws]).var(0)
aleatoric = torch.stack([d[1] for d in draws]).exp().mean(0)
z = (y[2000:] - mean) / (epistemic + aleatoric).sqrt()
print(f"coverage of 2 sigma: {(z.abs() < 2).float().mean():.3f}")
r2 = 1 - ((mean - y[2000:]) ** 2).sum() / ((y[2000:] - y[2000:].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
