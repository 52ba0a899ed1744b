import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(n_samples=5000, n_features=24, n_informative=14, n_redundant=4, n_classes=5,
                           n_clusters_per_class=2, class_sep=1.6, flip_y=0.01, random_state=31)
X = (X - X.mean(0)) / X.std(0)
Xa, Xb, ya, yb = train_test_split(X.astype("float32"), y, test_size=0.25, random_state=SEED)


class Perceptron(nn.Module):
    def __init__(self, sizes, n_classes):
        super().__init__()
        blocks = []
        for n_in, n_out in zip(sizes, sizes[1:]):
            blocks.append(nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU()))
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(sizes[-1], n_classes)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


model = Perceptron([24, 64, 64], 5)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.from_numpy(Xa), torch.from_numpy(ya)), batch_size=50, shuffle=True)

for epoch in range(20):
    running = 0.0
    for xb, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), target)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch:2d} train loss {running / len(loader):.4f}")

with torch.no_grad():
    accuracy = (model(torch.from_numpy(Xb)).argmax(1).numpy() == yb).mean()
print(f"FINAL accuracy={accuracy:.4f}")
