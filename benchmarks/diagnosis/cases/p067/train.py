import math
import os

import torch
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = torch.Generator().manual_seed(SEED + 8)
STEPS, HIDDEN, CLASSES = 16, 32, 4


def gestures(n):
    """Pen strokes (dx, dy, pressure); the class is the shape that is drawn."""
    k = torch.randint(0, CLASSES, (n,), generator=gen)
    t = torch.linspace(0, 2 * math.pi, STEPS)[None]
    ph = 0.6 * torch.rand(n, 1, generator=gen)
    fx = torch.tensor([1.0, 1.0, 2.0, 1.0])[k][:, None]
    fy = torch.tensor([1.0, 2.0, 1.0, 3.0])[k][:, None]
    xyz = torch.stack([torch.cos(fx * t + ph), torch.sin(fy * t + ph), torch.rand(n, STEPS, generator=gen)], -1)
    return xyz + 0.15 * torch.randn(xyz.shape, generator=gen), k


def new_weight(fan_in, fan_out):
    return torch.full((fan_in, fan_out), 1.0 / math.sqrt(fan_in * fan_out)).requires_grad_()


class MinimalGatedUnit:
    """h' = (1-f) h + f tanh(...), written out by hand."""

    def __init__(self, n_in, n_hidden):
        self.Wf, self.Uf = new_weight(n_in, n_hidden), new_weight(n_hidden, n_hidden)
        self.Wh, self.Uh = new_weight(n_in, n_hidden), new_weight(n_hidden, n_hidden)
        self.bf = torch.zeros(n_hidden, requires_grad=True)
        self.bh = torch.zeros(n_hidden, requires_grad=True)

    def parameters(self):
        return [self.Wf, self.Uf, self.Wh, self.Uh, self.bf, self.bh]

    def __call__(self, x, h):
        f = torch.sigmoid(x @ self.Wf + h @ self.Uf + self.bf)
        return (1 - f) * h + f * torch.tanh(x @ self.Wh + (f * h) @ self.Uh + self.bh)


cell = MinimalGatedUnit(3, HIDDEN)
V = new_weight(HIDDEN, CLASSES)
c = torch.zeros(CLASSES, requires_grad=True)


def classify(strokes):
    h = torch.zeros(len(strokes), HIDDEN)
    for t in range(STEPS):
        h = cell(strokes[:, t], h)
    return h @ V + c


x, y = gestures(1200)
xt, yt = gestures(400)
opt = torch.optim.Adam(cell.parameters() + [V, c], lr=5e-3)
for epoch in range(10):
    for idx in torch.randperm(1200).split(40):
        loss = F.cross_entropy(classify(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (classify(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
