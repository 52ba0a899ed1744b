import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


class Residual(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, dim))

    def forward(self, h):
        return h + self.inner(h)


class GrowingNet(nn.Module):
    def __init__(self, d_in, dim=24):
        super().__init__()
        self.dim = dim
        self.stem = nn.Linear(d_in, dim)
        self.stages = nn.ModuleList()
        self.readout = nn.Linear(dim, 1)

    def grow(self):
        self.stages.append(Residual(self.dim))

    def forward(self, x):
        h = torch.tanh(self.stem(x)) if not len(self.stages) else self.stem(x)
        for s in self.stages:
            h = s(h)
        return self.readout(h)[:, 0]


class Callback:
    def on_epoch_begin(self, trainer): ...
    def on_epoch_end(self, trainer, loss): ...


class GrowEvery(Callback):
    def __init__(self, epochs, most):
        self.epochs, self.most = epochs, most

    def on_epoch_begin(self, trainer):
        net = trainer.net
        if trainer.epoch and trainer.epoch % self.epochs == 0 and len(net.stages) < self.most:
            net.grow()
            print(f"grown to {len(net.stages)} stages")


class Printer(Callback):
    def on_epoch_end(self, trainer, loss):
        if trainer.epoch % 5 == 4:
            print(f"epoch {trainer.epoch + 1}: {loss:.4f}")


class Trainer:
    def __init__(self, net, lr, callbacks):
        self.net, self.callbacks, self.epoch = net, callbacks, 0
        self.optimizer = torch.optim.NAdam(net.parameters(), lr=lr)

    def fit(self, x, y, epochs, batch_size=64):
        for self.epoch in range(epochs):
            for c in self.callbacks:
                c.on_epoch_begin(self)
            seen = 0.0
            for idx in torch.randperm(len(x)).split(batch_size):
                loss = nn.functional.mse_loss(self.net(x[idx]), y[idx])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                seen += loss.item() * len(idx)
            for c in self.callbacks:
                c.on_epoch_end(self, seen / len(x))


def kinematics(n):
    """Height of the tip of a three-link arm."""
    q = rng.uniform(-np.pi / 2, np.pi / 2, (n, 3))
    a = np.cumsum(q, 1)
    return torch.tensor(q, dtype=torch.float32), torch.tensor((np.sin(a) * [1, .8, .6]).sum(1), dtype=torch.float32)


x, y = kinematics(2000)
xt, yt = kinematics(500)
net = GrowingNet(3)
trainer = Trainer(net, 2e-3, [GrowEvery(5, 2), Printer()])
trainer.fit(x, y, 25)
with torch.no_grad():
    r2 = 1 - ((net(xt) - yt) ** 2).mean() / yt.var()
print(f"FINAL r2={r2.item():.4f}")
