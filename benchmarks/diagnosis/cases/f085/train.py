import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

PROPERTIES = ["melting", "density", "hardness", "colour"]


class PropertyNet(nn.Module):
    """One trunk, one small head for each property."""

    def __init__(self, n_features: int, width: int = 64):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(n_features, width), nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, width), nn.ELU()
        )
        self.heads = nn.ModuleList([nn.Linear(width, 1)] * len(PROPERTIES))

    def forward(self, x):
        features = self.trunk(x)
        return torch.cat([head(features) for head in self.heads], dim=1)


def alloys(n: int):
    mix = torch.rand(n, 10)
    mix = mix / mix.sum(1, keepdim=True) * 10 - 1
    a, b, c = mix[:, 0], mix[:, 1], mix[:, 2]
    targets = torch.stack([a * b + c, torch.sin(2 * a) - b, (c - a).abs(), torch.tanh(b * c) - 0.5 * a], dim=1)
    targets = (targets - targets.mean(0)) / targets.std(0)
    return TensorDataset(mix, targets + 0.05 * torch.randn_like(targets))


class Trainer:
    def __init__(self, model, train_set, test_set, lr=1e-3, batch_size=64):
        self.model = model
        self.loss = nn.SmoothL1Loss()
        self.optim = torch.optim.NAdam(model.parameters(), lr=lr)
        self.train_loader = DataLoader(train_set, batch_size, shuffle=True)
        self.test_loader = DataLoader(test_set, 500)

    def epoch(self):
        self.model.train()
        total = torch.zeros(())
        for x, y in self.train_loader:
            self.optim.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optim.step()
            total += loss.detach()
        return total.item() / len(self.train_loader)

    @torch.no_grad()
    def r2(self):
        self.model.eval()
        pred = torch.cat([self.model(x) for x, _ in self.test_loader])
        true = torch.cat([y for _, y in self.test_loader])
        return (1 - (pred - true).pow(2).sum(0) / (true - true.mean(0)).pow(2).sum(0)).mean().item()


if __name__ == "__main__":
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    train_set, test_set = random_split(alloys(4000), [3200, 800])
    trainer = Trainer(PropertyNet(10), train_set, test_set)
    for epoch in range(12):
        print(f"epoch {epoch}: {trainer.epoch():.4f}")
    print(f"FINAL r2={trainer.r2():.4f}")
