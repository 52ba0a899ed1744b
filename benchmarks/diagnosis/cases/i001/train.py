"""Patient table: lab values are often not taken and stored as NaN; the model fills them itself."""
import os

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(3)

X, y = make_classification(5000, 24, n_informative=14, n_redundant=4, class_sep=1.3, flip_y=0.02, random_state=3)
X = (X - X[:4000].mean(0)) / X[:4000].std(0)
missing = rng.random(X.shape) < np.linspace(0.02, 0.35, X.shape[1])
X[missing] = np.nan
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)


class Imputed(nn.Module):
    def __init__(self, columns):
        super().__init__()
        self.fill = nn.Parameter(torch.zeros(columns))
        self.net = nn.Sequential(
            nn.Linear(2 * columns, 96), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(96, 48), nn.ReLU(),
            nn.Linear(48, 1),
        )

    def forward(self, x):
        absent = torch.isnan(x)
        x = torch.where(absent, self.fill, x)
        return self.net(torch.cat([x, absent.float()], dim=1))


loader = DataLoader(TensorDataset(X[:4000], y[:4000]), batch_size=50, shuffle=True)
net = Imputed(X.shape[1])
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02)
for epoch in range(1, 11):
    net.train()
    seen = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
        seen += loss.item()
    net.eval()
    with torch.no_grad():
        scores = net(X[4000:])
        val = loss_fn(scores, y[4000:]).item()
    if epoch % 2 == 0:
        print(f"epoch {epoch:2d}  train {seen / len(loader):.4f}  val {val:.4f}")

print(f"AUC {roc_auc_score(y[4000:].numpy().ravel(), scores.numpy().ravel()):.4f}")
print(f"FINAL accuracy={((scores > 0).float() == y[4000:]).float().mean().item():.4f}")
