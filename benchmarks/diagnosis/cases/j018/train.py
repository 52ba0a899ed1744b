import os

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = make_classification(
    n_samples=9000, n_features=16, n_informative=8, n_redundant=2, weights=[0.98], class_sep=0.75, n_clusters_per_class=2, flip_y=0.004, random_state=77,
)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.33, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
print("fraud in training:", int(y_train.sum()), "of", len(y_train))


def loader(X, y, shuffle):
    data = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))
    return DataLoader(data, batch_size=128, shuffle=shuffle)


class FraudNet(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 16), nn.ReLU())
        self.score = nn.Linear(16, 1)

    def forward(self, x):
        return self.score(self.body(x)).squeeze(1)


net = FraudNet(16)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
train_dl, test_dl = loader(X_train, y_train, True), loader(X_test, y_test, False)

for epoch in range(20):
    net.train()
    losses = []
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}")

net.eval()
with torch.no_grad():
    said = torch.cat([(net(xb) > 0) for xb, _ in test_dl]).numpy()
recall = said[y_test == 1].mean()
specificity = (~said[y_test == 0]).mean()
print(f"accuracy {np.mean(said == y_test):.4f} recall {recall:.3f} specificity {specificity:.3f}")
print(f"FINAL balanced_accuracy={(recall + specificity) / 2:.4f}")
