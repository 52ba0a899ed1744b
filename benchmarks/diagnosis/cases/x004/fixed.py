from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn


@dataclass
class TransferConfig:
    pretrain_epochs: int = 4
    warmup_epochs: int = 3
    epochs: int = 20
    batch_size: int = 64
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", "0"))


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1, stride=2)
        self.proj = nn.Linear(16 * 16, 24)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return F.relu(self.proj(x.flatten(1)))


class Classifier(nn.Module):
    def __init__(self, backbone: Backbone, n_classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(24, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.backbone(x))


class FineTuner:
    """Trains the head alone for some epochs, then everything together."""

    def __init__(self, model: Classifier, cfg: TransferConfig) -> None:
        self.model = model
        self.cfg = cfg
        self.optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)

    def freeze(self) -> None:
        for p in self.model.backbone.parameters():
            p.requires_grad = False

    def unfreeze(self) -> None:
        self.model.backbone.requires_grad_(True)

    def run_epoch(self, x: Tensor, y: Tensor) -> float:
        self.model.train()
        total = 0.0
        for idx in torch.randperm(len(x)).split(self.cfg.batch_size):
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(x[idx]), y[idx])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(idx)
        return total / len(x)

    def fit(self, x: Tensor, y: Tensor) -> None:
        self.freeze()
        for epoch in range(self.cfg.epochs):
            if epoch == self.cfg.warmup_epochs:
                self.unfreeze()
                print("backbone joins the training")
            print(f"epoch {epoch} loss {self.run_epoch(x, y):.4f}")


def pretrain(backbone: Backbone, x: Tensor, cfg: TransferConfig) -> None:
    """Pretext task: which half holds more ink."""
    y = (x[:, 0, :4].mean((1, 2)) > x[:, 0, 4:].mean((1, 2))).long()
    net = Classifier(backbone, 2)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(cfg.pretrain_epochs):
        for idx in torch.randperm(len(x)).split(cfg.batch_size):
            opt.zero_grad()
            F.cross_entropy(net(x[idx]), y[idx]).backward()
            opt.step()


def main() -> None:
    cfg = TransferConfig()
    torch.manual_seed(cfg.seed)
    digits = load_digits()
    order = np.random.RandomState(cfg.seed).permutation(len(digits.target))
    x = torch.from_numpy(digits.images[order].astype(np.float32)).unsqueeze(1) / 8 - 1
    y = torch.from_numpy(digits.target[order])
    backbone = Backbone()
    pretrain(backbone, x[:1300], cfg)
    model = Classifier(backbone, 10)
    FineTuner(model, cfg).fit(x[:1300], y[:1300])
    model.eval()
    with torch.no_grad():
        acc = (model(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
