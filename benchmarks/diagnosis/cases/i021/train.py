"""Long job in two sittings: the second reads the checkpoint of the first and goes on."""
import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_friedman1(4000, n_features=10, noise=0.8, random_state=2)
mean, std = y[:3200].mean(), y[:3200].std()
X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
y = torch.tensor((y - mean) / std, dtype=torch.float32).unsqueeze(1)
X_train, y_train, X_test, y_test = X[:3200], y[:3200], X[3200:], y[3200:]


def build():
    net = nn.Sequential(nn.Linear(10, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    return net, opt, torch.optim.lr_scheduler.StepLR(opt, step_size=10, gamma=0.4)


def sitting(path, until):
    net, opt, sched = build()
    start = 0
    if os.path.exists(path):
        saved = torch.load(path)
        net.load_state_dict(saved["net"])
        opt.load_state_dict(saved["opt"])
        sched.load_state_dict(saved["sched"])
        start = saved["epoch"]
        print(f"resumed at epoch {start}, lr {sched.get_last_lr()[0]:.4f}")
    for epoch in range(start, until):
        total = 0.0
        for idx in torch.randperm(len(X_train)).split(64):
            loss = nn.functional.mse_loss(net(X_train[idx]), y_train[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(idx)
        sched.step()
        print(f"epoch {epoch} mse {total / len(X_train):.4f}")
    torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "sched": sched.state_dict(), "epoch": until}, path)
    return net


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "job.pt")
    sitting(path, 8)
    net = sitting(path, 25)

with torch.no_grad():
    rest = (net(X_test) - y_test).square().mean().item()
print(f"rmse in units of the target: {np.sqrt(rest) * std:.3f} (noise 0.8)")
print(f"FINAL r2={1 - rest / y_test.var().item():.4f}")
