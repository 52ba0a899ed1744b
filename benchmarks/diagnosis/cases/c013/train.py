import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = make_classification(n_samples=9000, n_features=16, n_informative=8, n_redundant=2, weights=[0.94],
                           class_sep=1.4, flip_y=0.003, n_clusters_per_class=2, random_state=7)
Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
scaler = StandardScaler().fit(Xa)
Xa, Xb = [torch.tensor(scaler.transform(a), dtype=torch.float32) for a in (Xa, Xb)]
ya = torch.tensor(ya, dtype=torch.float32)

net = nn.Sequential(nn.Linear(16, 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 1))
weight = (ya == 0).sum() / (ya == 1).sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=weight)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
loader = DataLoader(TensorDataset(Xa, ya.unsqueeze(1)), batch_size=128, shuffle=True)

for epoch in range(15):
    for xb, t in loader:
        loss = criterion(net(xb), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        with torch.no_grad():
            score = balanced_accuracy_score(yb, (net(Xb) > 0).squeeze(1).numpy())
        print(f"epoch {epoch:2d} loss {loss.item():.4f} balanced accuracy {score:.4f}")

with torch.no_grad():
    guess = (net(Xb) > 0).squeeze(1).numpy()
print(f"FINAL balanced_accuracy={balanced_accuracy_score(yb, guess):.4f}")
