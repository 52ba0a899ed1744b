import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))
TAGS, DIM = 12, 30


class TagData(Dataset):
    """Articles as topic vectors with rare tags (2 to 12 per cent each)."""

    directions = np.random.default_rng(3).normal(size=(TAGS, DIM)) / np.sqrt(DIM)
    rates = np.linspace(0.02, 0.12, TAGS)

    def __init__(self, n):
        x = rng.normal(size=(n, DIM))
        score = x @ self.directions.T + 0.25 * rng.normal(size=(n, TAGS))
        cut = np.array([np.quantile(score[:, k], 1 - self.rates[k]) for k in range(TAGS)])
        self.x = torch.tensor(x, dtype=torch.float32)
        self.y = torch.tensor(score > cut, dtype=torch.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

    def balance(self):
        pos = self.y.sum(0)
        return (len(self.y) - pos) / pos


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(DIM, 64), nn.ReLU(), nn.Dropout(0.1))
        self.tags = nn.Linear(64, TAGS)

    def forward(self, x):
        return self.tags(self.body(x))


@torch.no_grad()
def macro_f1(model, data):
    model.eval()
    p, t = model(data.x) > 0, data.y > 0.5
    tp = (p & t).sum(0).float()
    return (2 * tp / (p.sum(0) + t.sum(0)).clamp(min=1)).mean().item()


def main(epochs=10):
    train, val = TagData(4000), TagData(1500)
    model = Tagger()
    criterion = nn.BCEWithLogitsLoss(pos_weight=train.balance())
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    loader = DataLoader(train, batch_size=64, shuffle=True)
    for epoch in range(epochs):
        model.train()
        acc = []
        for x, y in loader:
            opt.zero_grad()
            out = model(x)
            loss = criterion(out, y)
            loss.backward()
            opt.step()
            acc.append(((out > 0) == (y > 0.5)).float().mean().item())
        print(f"epoch {epoch + 1} loss {loss.item():.4f} bit accuracy {np.mean(acc):.4f} val f1 {macro_f1(model, val):.4f}")
    print(f"FINAL f1={macro_f1(model, val):.4f}")


if __name__ == "__main__":
    main()
