import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = make_classification(1400, 90, n_informative=12, n_redundant=20, n_clusters_per_class=1, class_sep=1.3, flip_y=0.03, random_state=8)
X = (X - X.mean(0)) / X.std(0)
Xa, Xb, ya, yb = train_test_split(X, y, train_size=400, random_state=SEED)
t = lambda a: torch.tensor(a, dtype=torch.float32)
loader = DataLoader(TensorDataset(t(Xa), t(ya)), batch_size=20, shuffle=True)

model = nn.Sequential(nn.Linear(90, 64), nn.GELU(), nn.Dropout(0.3), nn.Linear(64, 1))
decay, plain = [], []
for name, p in model.named_parameters():
    (decay if p.ndim > 1 else plain).append(p)
optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 1.0}, {"params": plain, "weight_decay": 0.0}], lr=2e-3)
criterion = nn.BCEWithLogitsLoss()

for epoch in range(25):
    model.train()
    for xb, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb).squeeze(1), target)
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print("epoch", epoch, "loss", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    acc = ((model(t(Xb)).squeeze(1) > 0) == (t(yb) > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
