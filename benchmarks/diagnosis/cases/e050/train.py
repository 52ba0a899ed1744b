import os

import torch
import torch.nn as nn
from sklearn.datasets import make_blobs
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_blobs(n_samples=5000, n_features=6, centers=12, cluster_std=2.2, random_state=seed)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
X[:, 3:] = X[:, 3:] ** 2 * X[:, 3:].sign()
y = torch.tensor(y)
train_loader = DataLoader(TensorDataset(X[:4000], y[:4000]), batch_size=64, shuffle=True, drop_last=True)
X_test, y_test = X[4000:], y[4000:]

net = nn.Sequential(
    nn.Linear(6, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(),
    nn.Linear(128, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 12),
)
swa_net = AveragedModel(net)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=8, eta_min=0.005)
swa_scheduler = SWALR(opt, anneal_strategy="linear", anneal_epochs=2, swa_lr=0.08)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(16):
    net.train()
    running = 0.0
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
        running += loss.item()
    if epoch >= 8:
        swa_net.update_parameters(net)
        swa_scheduler.step()
    else:
        cosine.step()
    print(f"epoch {epoch:2d} loss {running / len(train_loader):.4f} lr {opt.param_groups[0]['lr']:.4f}")

update_bn(train_loader, swa_net)
swa_net.eval()
with torch.no_grad():
    acc = (swa_net(X_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
