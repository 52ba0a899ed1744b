import os
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))


def river(n):
    x = rng.uniform(-2, 2, size=(n, 3))
    level = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2
    spread = 0.015 + 0.4 / (1 + np.exp(-5 * x[:, 2]))
    return torch.tensor(x).float(), torch.tensor(level + spread * rng.normal(size=n)).float()


class GaussianNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh())
        self.mu = nn.Linear(48, 1)
        self.sigma = nn.Linear(48, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mu(h).squeeze(1), self.sigma(h).squeeze(1)


def gaussian_nll(mu, sigma, target):
    return (torch.log(sigma) + 0.5 * ((target - mu) / sigma) ** 2).mean()


x_train, y_train = river(3000)
x_test, y_test = river(800)
model = GaussianNet()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(30):
    total = 0.0
    for idx in torch.randperm(3000).split(60):
        mu, sigma = model(x_train[idx])
        loss = gaussian_nll(mu, sigma, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / 50
    if epoch % 3 == 0:
        print(f"epoch {epoch}: nll {total:.4f}")

with torch.no_grad():
    mu, sigma = model(x_test)
    r2 = 1 - ((mu - y_test) ** 2).mean() / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
