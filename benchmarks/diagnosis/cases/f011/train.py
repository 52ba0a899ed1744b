import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

X, y = load_wine(return_X_y=True)
# a few noisy copies of every bottle
X = np.repeat(StandardScaler().fit_transform(X), 12, axis=0)
y = np.repeat(y, 12)
train_rows, test_rows = train_test_split(np.arange(178), test_size=0.3, random_state=SEED)
is_test = np.isin(np.repeat(np.arange(178), 12), test_rows)
X = X + np.random.normal(0, 0.8, X.shape)
Xtr, ytr = torch.tensor(X[~is_test]).float(), torch.tensor(y[~is_test])
Xte, yte = torch.tensor(X[is_test]).float(), torch.tensor(y[is_test])

model = nn.Sequential(
    nn.Linear(13, 32),
    nn.ReLU(),
    nn.Linear(32, 16),
    nn.ReLU(),
    nn.Linear(16, 3),
    nn.LogSoftmax(dim=0),
)
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(Xtr, ytr), batch_size=32, shuffle=True)

for epoch in range(25):
    losses = []
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print("epoch %d  loss %.4f" % (epoch + 1, np.mean(losses)))


def classify(bottle):
    with torch.no_grad():
        return model(bottle.unsqueeze(0)).argmax(dim=1).item()


right = sum(classify(x) == t.item() for x, t in zip(Xte, yte))
print("FINAL accuracy=%.4f" % (right / len(yte)))
