import os
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_friedman1(3000, n_features=8, noise=1.0, random_state=seed)
X = torch.tensor(X * 2 - 1, dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]
loader = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=48, shuffle=True)

model = nn.Sequential(nn.Linear(8, 80), nn.SELU(), nn.Linear(80, 80), nn.SELU(), nn.Linear(80, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True)
scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2, eta_min=1e-4)
iters = len(loader)
for epoch in range(14):
    running = 0.0
    for i, (xb, yb) in enumerate(loader):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        optimizer.step()
        scheduler.step(epoch + i / iters)
        running += loss.item()
    print(f"epoch {epoch:2d} lr {optimizer.param_groups[0]['lr']:.4f} mse {running / iters:.4f}")

with torch.no_grad():
    r2 = 1 - nn.functional.mse_loss(model(X[2400:]), y[2400:]) / y[2400:].var()
print(f"FINAL r2={r2.item():.4f}")
