import os
import copy
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 8 - 1
y = torch.tensor(d.target)
perm = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
x, y = x[perm], y[perm]
xtr, ytr, xte, yte = x[:1300], y[:1300], x[1300:], y[1300:]


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 16, 10))


net = cnn()
iters = 1300 // 50
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=3 * iters, T_mult=2, eta_min=1e-4)
snapshots = []
ends = {2, 8, 20}
for epoch in range(21):
    net.train()
    order = torch.randperm(1300)
    for i in range(iters):
        idx = order[i * 50:(i + 1) * 50]
        loss = nn.functional.cross_entropy(net(xtr[idx]), ytr[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
    net.eval()
    with torch.no_grad():
        acc = (net(xte).argmax(1) == yte).float().mean()
    print(f"{epoch:2d} lr {opt.param_groups[0]['lr']:.4f} loss {loss.item():.4f} acc {acc:.4f}")
    if epoch in ends:
        snapshots.append(copy.deepcopy(net))

with torch.no_grad():
    p = sum(s.eval()(xte).softmax(1) for s in snapshots)
print(f"FINAL accuracy={(p.argmax(1) == yte).float().mean().item():.4f}")
