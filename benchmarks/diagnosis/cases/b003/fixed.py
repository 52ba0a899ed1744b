import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import Tensor, nn


@dataclass
class TrainConfig:
    hidden: tuple = (64, 64)
    n_classes: int = 12
    lr: float = 0.05
    batch_size: int = 64
    epochs: int = 15
    seed: int = field(default_factory=lambda: int(os.environ.get("SEED", 0)))


class TabularClassifier(nn.Module):
    def __init__(self, n_features: int, cfg: TrainConfig) -> None:
        super().__init__()
        sizes = [n_features, *cfg.hidden]
        self.trunk = nn.Sequential()
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.trunk.add_module(f"fc{i}", nn.Linear(a, b))
            self.trunk.add_module(f"act{i}", nn.ReLU())
        self.logits = nn.Linear(sizes[-1], cfg.n_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(self.trunk(x))

    def predict_proba(self, x: Tensor) -> Tensor:
        return self(x).softmax(dim=-1)


class Experiment:
    def __init__(self, cfg: TrainConfig) -> None:
        self.cfg = cfg
        torch.manual_seed(cfg.seed)
        X, y = make_classification(4000, 20, n_informative=12, n_classes=cfg.n_classes, n_clusters_per_class=1,
                                   class_sep=1.8, flip_y=0.0, random_state=cfg.seed + 3)
        X = (X - X.mean(0)) / X.std(0)
        split = train_test_split(X.astype(np.float32), y, test_size=0.25, random_state=0)
        self.x_train, self.x_val, self.y_train, self.y_val = map(torch.from_numpy, split)
        self.model = TabularClassifier(20, cfg)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=cfg.lr, momentum=0.9)

    def training_step(self, idx: Tensor) -> float:
        scores = self.model(self.x_train[idx])
        loss = F.cross_entropy(scores, self.y_train[idx])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self) -> float:
        return (self.model.predict_proba(self.x_val).argmax(-1) == self.y_val).float().mean().item()

    def run(self) -> None:
        for epoch in range(self.cfg.epochs):
            losses = [self.training_step(i) for i in torch.randperm(len(self.x_train)).split(self.cfg.batch_size)]
            print(f"epoch {epoch:2d}  loss {np.mean(losses):.4f}  val accuracy {self.accuracy():.4f}")
        print(f"FINAL accuracy={self.accuracy():.4f}")


if __name__ == "__main__":
    Experiment(TrainConfig()).run()
