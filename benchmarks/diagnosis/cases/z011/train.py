import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    hidden: int = 64
    batch_size: int = 64
    lr: float = 1e-3
    epochs: int = 12


class FraudTrainer:
    def __init__(self, cfg: Config):
        self.cfg = cfg
        torch.manual_seed(cfg.seed)
        self._load()
        self.model = nn.Sequential(
            nn.Linear(20, cfg.hidden), nn.BatchNorm1d(cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, 1))
        self.loss = nn.BCEWithLogitsLoss()
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, weight_decay=1e-2)

    def _load(self):
        X, y = make_classification(9000, 20, n_informative=8, n_redundant=4, weights=[0.97], flip_y=0.002,
                                   class_sep=1.6, random_state=31)
        Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.33, stratify=y, random_state=self.cfg.seed)
        sc = StandardScaler().fit(Xa)
        t = lambda a: torch.tensor(a, dtype=torch.float32)
        weight = (1.0 / np.bincount(ya))[ya]
        sampler = WeightedRandomSampler(torch.as_tensor(weight), num_samples=len(ya), replacement=True)
        self.train_dl = DataLoader(TensorDataset(t(sc.transform(Xa)), t(ya)), self.cfg.batch_size, sampler=sampler, drop_last=True)
        self.val_dl = DataLoader(TensorDataset(t(sc.transform(Xb)), t(yb)), 512)

    def run_epoch(self) -> float:
        self.model.train()
        tot = 0.0
        for x, y in self.train_dl:
            self.opt.zero_grad()
            loss = self.loss(self.model(x).squeeze(1), y)
            loss.backward()
            self.opt.step()
            tot += loss.item()
        return tot / len(self.train_dl)

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        s, t = zip(*[(self.model(x).squeeze(1), y) for x, y in self.val_dl])
        s, t = torch.cat(s), torch.cat(t)
        return self.loss(s, t).item(), average_precision_score(t.numpy(), s.numpy())

    def fit(self):
        for e in range(self.cfg.epochs):
            tr = self.run_epoch()
            va, ap = self.evaluate()
            print(f"epoch {e:02d} train {tr:.4f} val {va:.4f} AP {ap:.3f}")
        return ap


if __name__ == "__main__":
    print(f"FINAL average_precision={FraudTrainer(Config()).fit():.4f}")
