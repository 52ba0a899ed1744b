"""Digits with weights of plus or minus one in the hidden layers (for a chip without multipliers)."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

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


class BinaryLinear(nn.Linear):
    def forward(self, x):
        return F.linear(x, SignSTE.apply(self.weight)) / self.in_features**0.5


class BinaryNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(64, 256)
        self.bn0 = nn.BatchNorm1d(256)
        self.hid1 = BinaryLinear(256, 256, bias=False)
        self.bn1 = nn.BatchNorm1d(256)
        self.hid2 = BinaryLinear(256, 256, bias=False)
        self.bn2 = nn.BatchNorm1d(256)
        self.leave = nn.Linear(256, 10)

    def forward(self, x):
        x = SignSTE.apply(self.bn0(self.enter(x)))
        x = SignSTE.apply(self.bn1(self.hid1(x)))
        x = SignSTE.apply(self.bn2(self.hid2(x)))
        return self.leave(x) / 4

    @torch.no_grad()
    def clamp_latent(self):
        for layer in (self.hid1, self.hid2):
            layer.weight.clamp_(-1, 1)


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(torch.tensor(X).float() / 16, torch.tensor(y), test_size=0.25, random_state=31)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True, drop_last=True)
model = BinaryNet()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 25 * len(loader))
for epoch in range(25):
    model.train()
    for x, t in loader:
        loss = F.cross_entropy(model(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        model.clamp_latent()
    if epoch % 6 == 0:
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch} loss {loss.item():.4f} test {(model(X_test).argmax(1) == y_test).float().mean().item():.4f}")
model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(model(X_test).argmax(1) == y_test).float().mean().item():.4f}")
