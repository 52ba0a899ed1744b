import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn, Tensor

SEED = int(os.environ.get("SEED", 0))


@dataclass
class Config:
    n_train: int = 1200
    n_val: int = 400
    length: int = 20
    channels: int = 3
    d_model: int = 32
    heads: int = 4
    layers: int = 2
    epochs: int = 7
    batch: int = 40
    lr: float = 2e-3


def gestures(n: int, cfg: Config, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    label = rng.integers(0, 5, n)
    t = np.linspace(0, 1, cfg.length)
    phase = rng.uniform(0, 6.28, (n, 1))
    freq = (1 + label)[:, None] * rng.uniform(0.92, 1.08, (n, 1))
    base = np.stack([np.sin(6.28 * freq * t + phase), np.cos(6.28 * freq * t + phase), np.cos(3.14 * freq * t + phase) ** 2], -1)
    return (torch.tensor(base + 0.3 * rng.normal(size=base.shape), dtype=torch.float32), torch.tensor(label))


class GestureFormer(nn.Module):
    def __init__(self, cfg: Config, n_classes: int = 5) -> None:
        super().__init__()
        self.embed = nn.Conv1d(cfg.channels, cfg.d_model, 3, padding=1)
        self.cls = nn.Parameter(torch.randn(1, 1, cfg.d_model) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, cfg.length + 1, cfg.d_model) * 0.02)
        layer = nn.TransformerEncoderLayer(cfg.d_model, cfg.heads, 64, dropout=0.0, norm_first=True, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, cfg.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(cfg.d_model)
        self.out = nn.Linear(cfg.d_model, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.embed(x.transpose(1, 2)).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(len(x), -1, -1), tokens], dim=1) + self.pos
        return self.out(self.norm(self.encoder(tokens)[:, 0]))


class Trainer:
    def __init__(self, cfg: Config) -> None:
        rng = np.random.default_rng(SEED)
        self.cfg = cfg
        self.train_set = gestures(cfg.n_train, cfg, rng)
        self.val_set = gestures(cfg.n_val, cfg, rng)
        self.model = GestureFormer(cfg)
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, cfg.epochs)
        self.loss_fn = nn.CrossEntropyLoss()

    def one_epoch(self) -> float:
        self.model.train()
        x, y = self.train_set
        total = 0.0
        for idx in torch.randperm(len(x)).split(self.cfg.batch):
            self.opt.zero_grad()
            loss = self.loss_fn(self.model(x[idx]), y[idx])
            loss.backward()
            self.opt.step()
            total += loss.item() * len(idx)
        self.sched.step()
        return total / len(x)

    @torch.no_grad()
    def accuracy(self) -> float:
        self.model.eval()
        x, y = self.val_set
        hits = [(self.model(a).argmax(-1) == b).float().mean() for a, b in zip(x.split(40), y.split(40))]
        return torch.stack(hits).mean().item()


if __name__ == "__main__":
    torch.manual_seed(SEED)
    trainer = Trainer(Config())
    for epoch in range(trainer.cfg.epochs):
        print(epoch, round(trainer.one_epoch(), 4), round(trainer.accuracy(), 3))
    print(f"FINAL accuracy={trainer.accuracy():.4f}")
