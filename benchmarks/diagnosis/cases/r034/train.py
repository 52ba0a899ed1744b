import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def tones(n, detuned=False):
    """Short chords; the second studio records a little louder and lower."""
    y = torch.randint(0, 5, (n,))
    t = torch.linspace(0, 1, 96)
    base = torch.tensor([5.0, 7.0, 9.0, 11.0, 13.0])[y][:, None] * (0.92 if detuned else 1.0)
    third = base * torch.where(torch.rand(n, 1) < 0.5, 1.25, 1.2)
    x = torch.sin(6.283 * base * t + 6.28 * torch.rand(n, 1)) + 0.6 * torch.sin(6.283 * third * t + 6.28 * torch.rand(n, 1))
    return ((1.5 if detuned else 1.0) * x + 0.4 * torch.randn(n, 96)).unsqueeze(1), y


class Tuned(nn.Module):
    def __init__(self):
        super().__init__()
        self.low = nn.Sequential(nn.Conv1d(1, 16, 15, stride=2, padding=7), nn.BatchNorm1d(16), nn.ReLU(),
                                 nn.Conv1d(16, 24, 7, stride=2, padding=3), nn.BatchNorm1d(24), nn.ReLU())
        self.high = nn.Sequential(nn.Conv1d(24, 32, 5, padding=2), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2))
        self.out = nn.Linear(32, 5)
        self.locked = False

    def forward(self, x):
        return self.out(self.high(self.low(x)).amax(2))

    def lock(self):
        self.locked = True
        self.low.requires_grad_(False)
        return self

    def train(self, mode=True):
        super().train(mode)
        if self.locked:            # statistics of the locked part stay those of the first studio
            self.low.eval()
        return self


def fit(net, x, y, epochs, lr):
    opt = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=lr, momentum=0.9, weight_decay=1e-4)
    for epoch in range(epochs):
        net.train()
        for i in torch.randperm(len(x)).split(50):
            loss = F.cross_entropy(net(x[i]), y[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 3 == 2:
            print(f"epoch {epoch + 1} loss {loss.item():.4f}")


def score(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


net = Tuned()
fit(net, *tones(2000), 6, 0.03)
x, y = tones(700, detuned=True)
print(f"second studio before {score(net, x, y):.4f}")
fit(net.lock(), *tones(500, detuned=True), 15, 0.02)
print(f"FINAL accuracy={score(net, x, y):.4f}")
