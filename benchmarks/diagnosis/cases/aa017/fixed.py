import os
from dataclasses import dataclass

import torch
from sklearn.datasets import make_friedman1
from torch import nn


@dataclass
class Options:
    lr: float = 0.02
    momentum: float = 0.9
    max_norm: float = 1.0
    batch: int = 64
    epochs: int = 14
    init_scale: float = 2.0**14
    growth_every: int = 200


class LossScaler:
    """Dynamic loss scaling for the half precision path; harmless in full precision."""

    def __init__(self, scale, growth_every):
        self.scale, self.growth_every, self.good = scale, growth_every, 0

    def scale_loss(self, loss):
        return loss * self.scale

    def unscale(self, params):
        for p in params:
            if p.grad is not None:
                p.grad.div_(self.scale)

    def update(self, finite):
        self.good = self.good + 1 if finite else 0
        if not finite:
            self.scale /= 2
        elif self.good % self.growth_every == 0:
            self.scale *= 2


class Regressor(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.layers(x).squeeze(-1)


class ScaledTrainer:
    def __init__(self, model, opts):
        self.model, self.opts = model, opts
        self.params = list(model.parameters())
        self.optimizer = torch.optim.SGD(self.params, lr=opts.lr, momentum=opts.momentum)
        self.scaler = LossScaler(opts.init_scale, opts.growth_every)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.functional.mse_loss(self.model(x), y)
        self.scaler.scale_loss(loss).backward()
        self.scaler.unscale(self.params)
        norm = nn.utils.clip_grad_norm_(self.params, self.opts.max_norm)
        finite = bool(torch.isfinite(norm))
        if finite:
            self.optimizer.step()
        self.scaler.update(finite)
        return loss.item()

    def fit(self, x, y):
        for epoch in range(self.opts.epochs):
            self.model.train()
            losses = [self.step(x[i], y[i]) for i in torch.randperm(len(x)).split(self.opts.batch)]
            print(f"epoch {epoch} mse {sum(losses) / len(losses):.4f} scale {self.scaler.scale:.0f}")


def standardise(a, ref):
    return (a - ref.mean(0)) / ref.std(0)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    X, y = make_friedman1(3000, n_features=10, noise=0.5, random_state=seed)
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    xt, xv = standardise(X[:2400], X[:2400]), standardise(X[2400:], X[:2400])
    yt, yv = standardise(y[:2400], y[:2400]), standardise(y[2400:], y[:2400])
    trainer = ScaledTrainer(Regressor(10), Options())
    trainer.fit(xt, yt)
    trainer.model.eval()
    with torch.no_grad():
        r2 = 1 - ((trainer.model(xv) - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
