import os
import torch
import torch.nn as nn
import numpy as np
from sklearn.datasets import load_wine, make_classification
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

X, y = make_classification(3000, 40, n_informative=14, n_redundant=6, n_classes=5, n_clusters_per_class=2, class_sep=1.6, random_state=SEED)
X = (X - X.mean(0)) / X.std(0)
X, y = torch.tensor(X, dtype=torch.float), torch.tensor(y)
train_ds, X_test, y_test = TensorDataset(X[:2200], y[:2200]), X[2200:], y[2200:]


class ResidualMLP(nn.Module):
    def __init__(self, n_in, n_out, dim=64, blocks=3):
        super().__init__()
        self.stem = nn.Linear(n_in, dim)
        self.blocks = nn.ModuleList(nn.ModuleDict({"a": nn.Linear(dim, dim), "b": nn.Linear(dim, dim)}) for _ in range(blocks))
        self.head = nn.Linear(dim, n_out)
        self.reset_parameters()

    def reset_parameters(self):
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block["b"](torch.tanh(block["a"](x)))
        return self.head(torch.tanh(x))


def evaluate(net):
    net.eval()
    with torch.no_grad():
        return (net(X_test).argmax(dim=1) == y_test).float().mean().item()


net = ResidualMLP(40, 5)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(train_ds, batch_size=55, shuffle=True)
for epoch in range(15):
    net.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
    if epoch % 3 == 2:
        print(f"Epoch {epoch + 1:02d} | loss {loss.item():.4f} | acc {evaluate(net):.4f}")
print(f"FINAL accuracy={evaluate(net):.4f}")
