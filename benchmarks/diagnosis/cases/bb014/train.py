import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class WineConfig:
    hidden: int = 32
    dropout: float = 0.1
    lr: float = 5e-3
    epochs: int = 40
    batch: int = 16
    test_share: float = 0.35


class WineModule:
    """Owns the splits and their scaling."""

    def __init__(self, cfg, seed):
        x, y = load_wine(return_X_y=True)
        parts = train_test_split(x, y, test_size=cfg.test_share, stratify=y, random_state=seed)
        self.x_train, self.x_test, self.y_train, self.y_test = parts
        self.batch = cfg.batch

    def setup(self):
        mean, std = self.x_train.mean(0), self.x_train.std(0)
        self.x_train = (self.x_train - mean) / std
        return self

    def _set(self, x, y):
        return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))

    def train_dataloader(self):
        return DataLoader(self._set(self.x_train, self.y_train), self.batch, shuffle=True)

    def test_dataloader(self):
        return DataLoader(self._set(self.x_test, self.y_test), 64)


class WineNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.fc1 = nn.Linear(13, cfg.hidden)
        self.fc2 = nn.Linear(cfg.hidden, cfg.hidden)
        self.drop = nn.Dropout(cfg.dropout)
        self.fc3 = nn.Linear(cfg.hidden, 3)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(x)))
        return self.fc3(torch.relu(self.fc2(x)))


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.model = WineNet(cfg)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=cfg.lr, momentum=0.9)

    def fit(self, data):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for x, y in data.train_dataloader():
                loss = nn.functional.cross_entropy(self.model(x), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            if epoch % 5 == 4:
                print(f"epoch {epoch + 1} train loss {loss.item():.4f} val acc {self.test(data):.3f}")

    @torch.no_grad()
    def test(self, data):
        self.model.eval()
        pairs = [(self.model(x).argmax(1) == y).float() for x, y in data.test_dataloader()]
        return torch.cat(pairs).mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
config = WineConfig()
module = WineModule(config, seed).setup()
trainer = Trainer(config)
trainer.fit(module)
print(f"FINAL accuracy={trainer.test(module):.4f}")
