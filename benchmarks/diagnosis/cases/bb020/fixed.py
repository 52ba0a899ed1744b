import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    batch_size: int = 48
    steps: int = 600
    hidden: tuple = (64, 32)
    lr: float = 0.05


class DigitStore:
    def __init__(self, cfg: Config):
        x, y = load_digits(return_X_y=True)
        order = np.random.RandomState(cfg.seed).permutation(len(y))
        x, y = x[order] / 8.0 - 1.0, y[order]
        self.x, self.y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        self.n_train = 1300
        self.cfg = cfg
        self.generator = torch.Generator().manual_seed(cfg.seed)

    def sample(self):
        rows = torch.randint(self.n_train, (self.cfg.batch_size,), generator=self.generator)
        return self.x[rows], self.y[rows]

    def held_out(self):
        return self.x[self.n_train :], self.y[self.n_train :]


def build(cfg: Config) -> nn.Sequential:
    sizes = [64, *cfg.hidden]
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ELU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


class Trainer:
    def __init__(self, cfg: Config):
        self.cfg, self.store, self.net = cfg, DigitStore(cfg), build(cfg)
        self.sgd = torch.optim.SGD(self.net.parameters(), lr=cfg.lr, momentum=0.9, nesterov=True)

    def train(self):
        for step in range(1, self.cfg.steps + 1):
            x, y = self.store.sample()
            loss = nn.functional.cross_entropy(self.net(x), y, label_smoothing=0.05)
            self.sgd.zero_grad()
            loss.backward()
            self.sgd.step()
            if step % 100 == 0:
                print(step, round(loss.item(), 4), round(self.evaluate(), 4))

    @torch.no_grad()
    def evaluate(self):
        x, y = self.store.held_out()
        return (self.net(x).argmax(1) == y).float().mean().item()


config = Config()
torch.manual_seed(config.seed)
trainer = Trainer(config)
trainer.train()
print(f"FINAL accuracy={trainer.evaluate():.4f}")
