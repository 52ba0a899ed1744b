import os

import torch
import torch.nn as nn
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, Y = make_multilabel_classification(3000, n_features=30, n_classes=6, n_labels=2, random_state=4)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
Y = torch.tensor(Y, dtype=torch.float32)
train = DataLoader(TensorDataset(X[:2400], Y[:2400]), batch_size=64, shuffle=True)

tagger = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 6))
optimizer = torch.optim.Adam(tagger.parameters(), lr=2e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(12):
    for xb, yb in train:
        optimizer.zero_grad()
        loss = criterion(tagger(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    probability = torch.sigmoid(tagger(X[2400:]))
tags = (probability > 0.5).int()
print(f"FINAL f1={f1_score(Y[2400:].int(), tags, average='micro'):.4f}")
