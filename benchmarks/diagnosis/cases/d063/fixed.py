import os

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))


class DeepTable(nn.Module):
    def __init__(self, d, classes):
        super().__init__()
        self.inp = nn.Linear(d, 64)
        self.mid = nn.ModuleList([nn.Linear(64, 64) for _ in range(2)])
        self.out = nn.Linear(64, classes)
        for layer in [self.inp, *self.mid]:
            nn.init.kaiming_normal_(layer.weight)

    def forward(self, x):
        x = torch.relu(self.inp(x))
        for layer in self.mid:
            x = torch.relu(layer(x))
        return self.out(x)


X, y = make_classification(3000, n_features=18, n_informative=12, n_redundant=0, n_classes=5, class_sep=1.8,
                           n_clusters_per_class=1, random_state=9)
X = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
train, test = random_split(TensorDataset(X, torch.tensor(y)), [2400, 600])
net = DeepTable(18, 5)
optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
criterion = nn.CrossEntropyLoss()
for epoch in range(12):
    for xb, yb in DataLoader(train, batch_size=40, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")

x, y = test[:]
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
