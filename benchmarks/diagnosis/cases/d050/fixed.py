import os

import torch
import torch.nn as nn
from sklearn.datasets import make_gaussian_quantiles

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

x, y = make_gaussian_quantiles(n_samples=3000, n_features=3, n_classes=3, random_state=SEED)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
perm = torch.randperm(3000)
tr, te = perm[:2400], perm[2400:]


class Shells(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 64)
        self.fc2 = nn.Linear(64, 64)
        self.drop = nn.Dropout(0.05)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.fc3(x)


model = Shells()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    model.train()
    for idx in tr[torch.randperm(2400)].split(48):
        optimizer.zero_grad()
        loss = criterion(model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x[te]).argmax(1) == y[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
