import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SignSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1)


class BinaryLinear(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.latent = nn.Parameter(torch.empty(n_out, n_in).uniform_(-0.3, 0.3))

    def forward(self, x):
        return F.linear(x, SignSTE.apply(self.latent)) / self.latent.shape[1] ** 0.5


class BinaryNet(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.l1, self.n1 = BinaryLinear(64, width), nn.BatchNorm1d(width)
        self.l2, self.n2 = BinaryLinear(width, width), nn.BatchNorm1d(width)
        self.out = nn.Linear(width, 10)

    def forward(self, x):
        h = SignSTE.apply(self.n1(self.l1(x)))
        h = SignSTE.apply(self.n2(self.l2(h)))
        return self.out(h)

    @torch.no_grad()
    def clip_latent(self):
        for layer in (self.l1, self.l2):
            layer.latent.clamp_(-1, 1)


X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X / 8 - 1, y, test_size=0.25, stratify=y, random_state=4)
X_tr, X_te = torch.tensor(X_tr).float(), torch.tensor(X_te).float()
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)

net = BinaryNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
for epoch in range(30):
    net.train()
    flips, before = 0, torch.sign(net.l2.latent.detach().clone())
    for idx in torch.randperm(len(X_tr)).split(64):
        loss = F.cross_entropy(net(X_tr[idx]), y_tr[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.clip_latent()
    scheduler.step()
    flips = (torch.sign(net.l2.latent.detach()) != before).float().mean().item()
    net.eval()
    with torch.no_grad():
        acc = (net(X_te).argmax(1) == y_te).float().mean().item()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} accuracy {acc:.4f} signs flipped {100 * flips:.2f} %")
print(f"FINAL accuracy={acc:.4f}")
