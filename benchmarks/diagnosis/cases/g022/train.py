import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)
STEPS, AXES = 24, 6


def gait(n):
    y = np.random.randint(0, 4, n)
    t = np.arange(STEPS)[None, :, None]
    phase = np.random.uniform(0, 2 * np.pi, (n, 1, 1))
    shift = np.linspace(0, 2, AXES)[None, None]
    posture = 0.6 * np.random.RandomState(5).randn(4, AXES)[y][:, None]
    x = posture + np.sin(0.8 * t + phase + shift) + 0.8 * np.random.randn(n, STEPS, AXES)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class GaitTransformer(nn.Module):
    def __init__(self, d_model=32, classes=4):
        super().__init__()
        self.project = nn.Linear(AXES, d_model)
        self.position = nn.Parameter(0.02 * torch.randn(STEPS, 1, d_model))
        self.layer = nn.TransformerEncoderLayer(d_model, nhead=4, dim_feedforward=64, dropout=0.0)
        self.norm = nn.LayerNorm(d_model)
        self.classify = nn.Linear(d_model, classes)

    def forward(self, x):
        batch, steps, _ = x.shape
        z = self.project(x)
        z = z.view(steps, batch, -1) + self.position
        z = self.norm(self.layer(z))
        return self.classify(z.mean(dim=0))


def accuracy(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
    return hits / len(loader.dataset)


def main():
    train = DataLoader(TensorDataset(*gait(2000)), batch_size=40, shuffle=True)
    test = DataLoader(TensorDataset(*gait(600)), batch_size=40)
    model = GaitTransformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for epoch in range(10):
        model.train()
        total = 0.0
        for x, y in train:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch}: loss {total / len(train):.4f}")
    print(f"FINAL accuracy={accuracy(model, test):.4f}")


if __name__ == "__main__":
    main()
