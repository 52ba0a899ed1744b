import os

import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.lin1 = nn.Linear(d, d)
        self.lin2 = nn.Linear(d, d)
        nn.init.kaiming_normal_(self.lin1.weight)
        nn.init.kaiming_normal_(self.lin2.weight)

    def forward(self, x):
        return x + self.lin2(torch.relu(self.lin1(x)))


class ResidualTower(nn.Module):
    def __init__(self, d_in, n_out, width=32, depth=30):
        super().__init__()
        self.stem = nn.Linear(d_in, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, n_out)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))


X, y = load_wine(return_X_y=True)
X = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
y = torch.tensor(y)
order = torch.randperm(len(y))
train, test = order[:120], order[120:]
model = ResidualTower(13, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(15):
    for rows in train[torch.randperm(120)].split(20):
        loss = loss_fn(model(X[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (model(X[test]).argmax(1) == y[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
