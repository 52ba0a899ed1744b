import os

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = make_classification(n_samples=4000, n_features=12, n_informative=9, n_redundant=2, n_classes=5,
                           n_clusters_per_class=1, class_sep=1.6, random_state=3)
X = X * np.linspace(1, 40, 12) + np.linspace(5, 900, 12)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
X_test, X_val, y_test, y_val = train_test_split(X_test, y_test, test_size=0.5, random_state=SEED)
scaler = StandardScaler().fit(X_train)


def dataset(a, b):
    return TensorDataset(torch.tensor(scaler.transform(a), dtype=torch.float32), torch.tensor(b))


class BeanNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(12, 64), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(32, 5))

    def forward(self, x):
        return self.layers(x)


train_loader = DataLoader(dataset(X_train, y_train), batch_size=64, shuffle=True)
val = dataset(X_val, y_val).tensors
test = dataset(X_test, y_test).tensors
model = BeanNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)

for epoch in range(18):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(val[0]), val[1]).item()
    scheduler.step(val_loss)
    if epoch % 3 == 0:
        print(f"epoch {epoch}: train {loss.item():.4f} val {val_loss:.4f}")

model.eval()
with torch.no_grad():
    acc = (model(test[0]).argmax(1) == test[1]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
