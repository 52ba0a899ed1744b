import math
import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MDN(nn.Module):
    def __init__(self, hidden=48, components=5):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.pi = nn.Sequential(nn.Linear(hidden, components), nn.Softmax(dim=1))
        self.mu = nn.Linear(hidden, components)
        self.log_sigma = nn.Linear(hidden, components)

    def forward(self, x):
        h = self.trunk(x)
        return self.pi(h), self.mu(h), self.log_sigma(h).clamp(-5, 2).exp()


def nll(pi, mu, sigma, y):
    log_prob = -0.5 * ((y - mu) / sigma) ** 2 - sigma.log() - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(torch.log(pi + 1e-8) + log_prob, dim=1).mean()


def folded(n):
    y = torch.rand(n, 1) * 2 - 1
    x = y + 0.6 * torch.sin(2 * math.pi * y) + 0.04 * torch.randn(n, 1)
    return x, y


def run():
    loader = DataLoader(TensorDataset(*folded(5000)), batch_size=100, shuffle=True)
    model = MDN()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 16)
    for epoch in range(16):
        total = 0.0
        for x, y in loader:
            loss = nll(*model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        if epoch % 4 == 0:
            print(f"epoch {epoch} nll {total / len(loader):.4f}")
    x, y = folded(2000)
    with torch.no_grad():
        print(f"FINAL nll={nll(*model(x), y).item():.4f}")


if __name__ == "__main__":
    run()
