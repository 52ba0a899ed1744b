import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim import Optimizer

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Lion(Optimizer):
    """Sign momentum (Chen et al. 2023); every weight moves by exactly lr per step."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["m"] = torch.zeros_like(p)
                m = state["m"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(torch.sign(b1 * m + (1 - b1) * p.grad), alpha=-group["lr"])
                m.mul_(b2).add_(p.grad, alpha=1 - b2)


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
    """Weights are +-1 in the forward pass; the real-valued copy is what is trained."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(0.2 * torch.randn(n_out, n_in))
        self.n_in = n_in

    def forward(self, x):
        return x @ SignSTE.apply(self.weight).t() / self.n_in**0.5


class BinaryNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = nn.Linear(64, 128)
        self.norm0 = nn.BatchNorm1d(128)
        self.hidden = BinaryLinear(128, 128)
        self.norm1 = nn.BatchNorm1d(128)
        self.top = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.nn.functional.hardtanh(self.norm0(self.lift(x)))
        x = torch.nn.functional.hardtanh(self.norm1(self.hidden(x)))
        return self.top(x)


x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32)
y = torch.tensor(y)
perm = torch.randperm(len(x))
x, y = x[perm], y[perm]
mean, std = x[:1300].mean(0), x[:1300].std(0).clamp(min=0.5)
x = (x - mean) / std

net = BinaryNet()
opt = Lion(net.parameters(), lr=1e-3, weight_decay=0.01)
EPOCHS = 40
plan = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=EPOCHS)
for epoch in range(EPOCHS):
    net.train()
    loss_sum = 0.0
    for ids in torch.randperm(1300).split(65):
        loss = nn.functional.cross_entropy(net(x[ids]), y[ids])
        opt.zero_grad()
        loss.backward()
        opt.step()
        loss_sum += loss.item() / 20
    plan.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch} loss {loss_sum:.4f}")

net.eval()
with torch.no_grad():
    acc = (net(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
