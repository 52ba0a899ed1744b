import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed + 3)


def draw(n):
    """20x20 gratings: orientation is the fine label, brightness the coarse one"""
    yy, xx = np.mgrid[:20, :20]
    angle_id = rng.randint(0, 8, n)
    angle = angle_id * np.pi / 8 + rng.randn(n) * 0.06
    bright = rng.rand(n)
    wave = np.sin(0.9 * (np.cos(angle)[:, None, None] * xx + np.sin(angle)[:, None, None] * yy)
                  + rng.rand(n, 1, 1) * 6.28)
    img = 0.6 * wave + bright[:, None, None] + 0.45 * rng.randn(n, 20, 20)
    return (torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(angle_id),
            torch.tensor(bright, dtype=torch.float32))


class Net(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.head = nn.Linear(24, n_out)

    def forward(self, x):
        return self.head(self.encoder(x))


class Callback:
    def on_epoch_start(self, epoch, model): ...


class GradualUnfreeze(Callback):
    """Linear probing first, then the whole network."""

    def __init__(self, at_epoch):
        self.at_epoch = at_epoch

    def on_epoch_start(self, epoch, model):
        trainable = epoch >= self.at_epoch
        if epoch == 0:
            for p in model.encoder.parameters():
                p.requires_grad = trainable
        elif epoch == self.at_epoch:
            model.encoder.requires_grad = trainable
            print("encoder unfrozen")


def fit(model, data, loss_fn, epochs, lr, callbacks=()):
    optim = torch.optim.Adam(model.parameters(), lr=lr)
    x, y = data
    for epoch in range(epochs):
        for cb in callbacks:
            cb.on_epoch_start(epoch, model)
        model.train()
        tot = 0.0
        for ix in torch.randperm(len(x)).split(50):
            optim.zero_grad()
            loss = loss_fn(model(x[ix]), y[ix])
            loss.backward()
            optim.step()
            tot += loss.item() * len(ix)
        print(f"  epoch {epoch}: {tot / len(x):.4f}")


# stage 1: a cheap pretext target
x, _, bright = draw(600)
pre = Net(1)
fit(pre, (x, bright[:, None]), F.mse_loss, epochs=3, lr=2e-3)

# stage 2: transfer
x, y, _ = draw(2000)
net = Net(8)
net.encoder.load_state_dict(pre.encoder.state_dict())
fit(net, (x, y), F.cross_entropy, epochs=18, lr=3e-3, callbacks=[GradualUnfreeze(at_epoch=2)])

xt, yt, _ = draw(800)
net.eval()
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
