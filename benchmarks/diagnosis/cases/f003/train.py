import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(n_samples=4000, n_features=24, n_informative=14, n_classes=5,
                           n_clusters_per_class=2, class_sep=1.6, random_state=SEED)
X = StandardScaler().fit_transform(X).astype(np.float32)
X_tr, y_tr = torch.from_numpy(X[:3000]), torch.from_numpy(y[:3000])
X_te, y_te = torch.from_numpy(X[3000:]), torch.from_numpy(y[3000:])


def kl(p, q):
    """KL(p || q), averaged over the batch"""
    return (p * (p.log() - q.log())).sum(dim=1).mean()


net = nn.Sequential(nn.Linear(24, 128), nn.LeakyReLU(0.1), nn.Linear(128, 64), nn.LeakyReLU(0.1), nn.Linear(64, 5))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)

n_batches = 0
for epoch in range(15):
    order = torch.randperm(3000)
    epoch_loss = 0
    for chunk in order.split(100):
        p = F.softmax(net(X_tr[chunk]), dim=1)
        q = F.one_hot(y_tr[chunk], 5).float()
        loss = kl(p, q)
        opt.zero_grad()
        loss.backward()
        opt.step()
        epoch_loss += loss.item()
        n_batches += 1
    print("epoch", epoch, "kl", epoch_loss / 30)

with torch.no_grad():
    hits = (net(X_te).argmax(dim=1) == y_te).float()
print("batches seen:", n_batches)
print(f"FINAL accuracy={hits.mean().item():.4f}")
