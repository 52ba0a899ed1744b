import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_blobs
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

# crowd-sourced annotations: many annotators just click something
X, y = make_blobs(n_samples=6000, n_features=10, centers=8, cluster_std=3.0, random_state=17)
X = (X - X.mean(0)) / X.std(0)
y_crowd = np.where(rng.rand(len(y)) < 0.6, rng.randint(0, 8, len(y)), y)

X = torch.tensor(X, dtype=torch.float32)
train_dl = DataLoader(TensorDataset(X[:4500], torch.tensor(y_crowd[:4500])), batch_size=128, shuffle=True)
X_gold, y_gold = X[4500:], torch.tensor(y[4500:])

model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 8))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)

for epoch in range(20):
    model.train()
    running_loss, running_acc = 0.0, 0.0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        running_acc += (out.argmax(1) == yb).float().mean().item()
    print(f"epoch {epoch + 1}: crowd loss {running_loss / len(train_dl):.3f}, crowd acc {running_acc / len(train_dl):.3f}")

model.eval()
with torch.no_grad():
    acc = (model(X_gold).argmax(1) == y_gold).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
