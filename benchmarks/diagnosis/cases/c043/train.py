import os
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.optim.lr_scheduler import CyclicLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = make_classification(4000, n_features=20, n_informative=10, n_redundant=4, n_classes=4, n_clusters_per_class=1,
                           class_sep=1.9, flip_y=0.0, random_state=13)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = torch.tensor(y)
loader = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(20, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 64), nn.LayerNorm(64), nn.ReLU(), nn.Linear(64, 4))
opt = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
sched = CyclicLR(opt, base_lr=0.005, max_lr=0.2, step_size_up=100, mode="triangular2", cycle_momentum=False)
ce = nn.CrossEntropyLoss()
for epoch in range(16):
    for xb, yb in loader:
        opt.zero_grad()
        loss = ce(model(xb), yb)
        loss.backward()
        opt.step()
        sched.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} lr {sched.get_last_lr()[0]:.4f}")
with torch.no_grad():
    print(f"FINAL accuracy={(model(X[3200:]).argmax(1) == y[3200:]).float().mean().item():.4f}")
