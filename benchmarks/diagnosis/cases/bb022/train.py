import copy
import os
from dataclasses import dataclass

import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    inputs: int = 24
    classes: int = 5
    width: int = 64
    lr: float = 0.02
    epochs: int = 12
    batch: int = 64
    ema: float = 0.98


class ResidualMlp(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.stem = nn.Linear(cfg.inputs, cfg.width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(cfg.width), nn.Linear(cfg.width, cfg.width), nn.ReLU()) for _ in range(2)
        )
        self.head = nn.Linear(cfg.width, cfg.classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


class Ema:
    def __init__(self, model, decay):
        self.decay = decay
        self.model = copy.deepcopy(model).eval()
        self.model.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for kept, new in zip(self.model.parameters(), model.parameters()):
            kept.lerp_(kept, 1 - self.decay)


class Trainer:
    def __init__(self, cfg):
        x, y = make_classification(
            4000, cfg.inputs, n_informative=10, n_redundant=4, n_classes=cfg.classes,
            n_clusters_per_class=1, class_sep=1.6, random_state=cfg.seed,
        )
        x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        self.loader = DataLoader(TensorDataset(x[:3200], y[:3200]), cfg.batch, shuffle=True)
        self.test = x[3200:], y[3200:]
        self.cfg = cfg
        self.model = ResidualMlp(cfg)
        self.ema = Ema(self.model, cfg.ema)
        self.opt = torch.optim.SGD(self.model.parameters(), lr=cfg.lr, momentum=0.9)

    def fit(self):
        for epoch in range(self.cfg.epochs):
            for x, y in self.loader:
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                self.ema.update(self.model)
            print(f"epoch {epoch} loss {loss.item():.4f} ema accuracy {self.evaluate():.3f}")

    @torch.no_grad()
    def evaluate(self):
        x, y = self.test
        return (self.ema.model(x).argmax(1) == y).float().mean().item()


cfg = Config()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL accuracy={trainer.evaluate():.4f}")
