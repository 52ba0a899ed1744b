import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.autograd import Function

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class SignSTE(Function):
    """sign(x) with the clipped straight-through estimator (Courbariaux et al., 2016)."""

    @staticmethod
    def forward(ctx, x, clip):
        ctx.save_for_backward(x)
        ctx.clip = clip
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= ctx.clip), None


class Binarize(nn.Module):
    def __init__(self, clip: float = 1e-3):
        super().__init__()
        self.clip = clip

    def forward(self, x):
        return SignSTE.apply(x, self.clip)

    def extra_repr(self):
        return f"clip={self.clip}"


class BinaryActivationNet(nn.Module):
    def __init__(self, n_in=64, width=48, classes=10):
        super().__init__()
        self.hidden = nn.ModuleList([
            nn.Linear(n_in, width, bias=False), nn.BatchNorm1d(width),
            nn.Linear(width, width, bias=False), nn.BatchNorm1d(width),
        ])
        self.binary1, self.binary2 = Binarize(), Binarize()
        self.readout = nn.Linear(width, classes)

    def forward(self, x):
        l1, n1, l2, n2 = self.hidden
        h = self.binary1(n1(l1(x)))
        h = self.binary2(n2(l2(h)))
        return self.readout(h)


x, y = load_digits(return_X_y=True)
xa, xb, ya, yb = train_test_split(x / 16 - 0.5, y, test_size=0.3, random_state=SEED)
xa, xb = torch.tensor(xa, dtype=torch.float32), torch.tensor(xb, dtype=torch.float32)
ya, yb = torch.tensor(ya), torch.tensor(yb)

net = BinaryActivationNet()
print(net)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.3)
for epoch in range(40):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(xa)).split(64):
        if len(idx) < 2:
            continue
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(xa[idx]), ya[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    scheduler.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {total / len(xa):.4f}")
net.eval()
with torch.no_grad():
    acc = (net(xb).argmax(1) == yb).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
