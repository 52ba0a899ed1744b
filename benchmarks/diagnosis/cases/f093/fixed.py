import os
from collections import Counter

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_classification(
    n_samples=6000, n_features=16, n_informative=10, n_redundant=2, n_classes=4, n_clusters_per_class=1,
    weights=[0.62, 0.30, 0.06, 0.02], class_sep=1.1, flip_y=0.0, random_state=seed,
)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
scaler = StandardScaler().fit(X_tr)
X_tr = torch.tensor(scaler.transform(X_tr), dtype=torch.float32)
X_te = torch.tensor(scaler.transform(X_te), dtype=torch.float32)
y_tr = torch.tensor(y_tr)

counts = Counter(y_tr.tolist())
class_weight = {label: len(y_tr) / count for label, count in counts.items()}
sample_weights = torch.tensor([class_weight[label] for label in y_tr.tolist()])
sampler = WeightedRandomSampler(sample_weights, num_samples=len(y_tr), replacement=True)
loader = DataLoader(TensorDataset(X_tr, y_tr), batch_size=48, sampler=sampler)

net = nn.Sequential(
    nn.Linear(16, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 4)
)
opt = torch.optim.Adam(net.parameters(), lr=1.5e-3, weight_decay=1e-5)
ce = nn.CrossEntropyLoss()
for epoch in range(8):
    net.train()
    tot = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} loss {tot / len(loader):.4f}")

net.eval()
with torch.no_grad():
    pred = net(X_te).argmax(1)
print(f"FINAL balanced_accuracy={balanced_accuracy_score(y_te, pred):.4f}")
