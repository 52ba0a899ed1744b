import os
from typing import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def augment(img):
    """(1, 8, 8) -> a shifted, dimmed, noisy view."""
    dy, dx = torch.randint(-1, 2, (2,)).tolist()
    img = torch.roll(img, (dy, dx), (1, 2)) * (0.7 + 0.6 * torch.rand(1))
    return img + 0.08 * torch.randn_like(img)


class TwoViews(Dataset):
    def __init__(self, images, transform: Callable):
        self.images, self.transform = images, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.stack([self.transform(self.images[i]) for _ in range(2)])


def collate_views(items):
    return torch.cat(items, dim=0)


class NTXent(nn.Module):
    def __init__(self, tau=0.2):
        super().__init__()
        self.tau = tau

    def forward(self, z):
        n = z.size(0) // 2
        z = F.normalize(z, dim=1)
        sim = z @ z.t() / self.tau
        sim.fill_diagonal_(float("-inf"))
        positive = torch.arange(2 * n).roll(n)
        return F.cross_entropy(sim, positive)


class SimCLR(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                     nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, dim))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 16))

    def forward(self, x):
        return self.projector(self.encoder(x))


def linear_probe(model, x_tr, y_tr, x_te, y_te):
    model.eval()
    with torch.no_grad():
        a, b = model.encoder(x_tr).numpy(), model.encoder(x_te).numpy()
    return LogisticRegression(max_iter=2000).fit(a, y_tr).score(b, y_te)


if __name__ == "__main__":
    data = load_digits()
    x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    perm = torch.randperm(len(x))
    tr, te = perm[:1200], perm[1200:]
    model, criterion = SimCLR(), NTXent()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    loader = DataLoader(TwoViews(x[tr], augment), 100, shuffle=True, drop_last=True, collate_fn=collate_views)
    for epoch in range(15):
        for views in loader:
            loss = criterion(model(views))
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 3 == 0:
            print(f"epoch {epoch} loss {loss.item():.4f}")
    few = tr[:200]
    acc = linear_probe(model, x[few], data.target[few], x[te], data.target[te])
    print(f"FINAL accuracy={acc:.4f}")
