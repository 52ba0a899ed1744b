import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class AdamDecoupled(torch.optim.Optimizer):
    """Adam with decoupled decay, after the paper."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, decay=decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s["t"] = 0
                    s["m"] = torch.zeros_like(p)
                    s["v"] = torch.zeros_like(p)
                s["t"] += 1
                s["m"].lerp_(p.grad, 1 - b1)
                s["v"].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                mhat = s["m"] / (1 - b1 ** s["t"])
                vhat = s["v"] / (1 - b2 ** s["t"])
                p.mul_(1 - group["lr"] * group["decay"])
                p.addcdiv_(mhat, vhat.sqrt().add_(group["eps"]), value=-group["lr"])


X, y = load_digits(return_X_y=True)
X = (X / 8.0 - 1.0).astype(np.float32)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, random_state=SEED, stratify=y)
Xa, Xb, ya, yb = map(torch.as_tensor, (Xa, Xb, ya, yb))

model = nn.Sequential()
model.add_module("hidden1", nn.Linear(64, 96))
model.add_module("act1", nn.GELU())
model.add_module("hidden2", nn.Linear(96, 96))
model.add_module("act2", nn.GELU())
model.add_module("hidden3", nn.Linear(96, 48))
model.add_module("act3", nn.GELU())
model.add_module("logits", nn.Linear(48, 10))

optimizer = AdamDecoupled(model.parameters(), lr=1e-3, decay=0.05)
loss_fn = nn.CrossEntropyLoss()

step = 0
while step < 1200:
    perm = np.random.permutation(len(Xa))
    for start in range(0, len(perm), 50):
        rows = perm[start : start + 50]
        loss = loss_fn(model(Xa[rows]), ya[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 200 == 0:
            print(step, round(loss.item(), 4))
        step += 1

with torch.no_grad():
    acc = (model(Xb).argmax(-1) == yb).double().mean()
print(f"FINAL accuracy={acc:.4f}")
