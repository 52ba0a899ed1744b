import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    tags: int = 20
    dim: int = 64
    n: int = 5000
    epochs: int = 8
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


class GenreTagger(nn.Module):
    def __init__(self, cfg: Settings, prior: torch.Tensor) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(cfg.dim, 128), nn.LayerNorm(128), nn.GELU(), nn.Dropout(0.1))
        self.logits = nn.Linear(128, cfg.tags)
        with torch.no_grad():
            self.logits.bias.copy_(torch.logit(prior))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(self.backbone(x))


def make_tracks(cfg: Settings):
    r = np.random.default_rng(10)
    y = (r.random((cfg.n, cfg.tags)) < 0.08).astype(np.float32)
    # every track has at least one tag
    y[np.arange(cfg.n), r.integers(0, cfg.tags, cfg.n)] = 1
    basis = r.normal(size=(cfg.tags, cfg.dim))
    x = y @ basis + r.normal(0, 1.0, (cfg.n, cfg.dim))
    return torch.tensor(x / 1.8, dtype=torch.float32), torch.from_numpy(y)


def main() -> None:
    cfg = Settings()
    torch.manual_seed(cfg.seed)
    x, y = make_tracks(cfg)
    n_train = 4000
    train = DataLoader(TensorDataset(x[:n_train], y[:n_train]), batch_size=64, shuffle=True)
    model = GenreTagger(cfg, y[:n_train].mean(0))
    opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(cfg.epochs):
        model.train()
        total = 0.0
        for xb, yb in train:
            opt.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            opt.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            hit = model(x[n_train:]) > 0
        truth = y[n_train:] > 0
        f1 = 2 * (hit & truth).sum().item() / (hit.sum() + truth.sum()).item()
        print(f"epoch {epoch}: loss {total / len(train):.4f} micro-F1 {f1:.4f}")
    print(f"FINAL f1={f1:.4f}")


if __name__ == "__main__":
    main()
