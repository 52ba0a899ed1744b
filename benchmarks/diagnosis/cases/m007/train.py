import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Census(Dataset):
    """Rows like those of a census file: numbers and integer codes of categories."""

    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        age = r.randint(17, 80, n)
        workclass = r.randint(0, 8, n)
        fnlwgt = r.lognormal(12.1, 0.5, n)
        education = r.randint(0, 16, n)
        married = r.randint(0, 2, n)
        relationship = r.randint(0, 6, n)
        gain = np.where(r.rand(n) < 0.09, r.lognormal(8.3, 1.0, n), 0.0)
        loss = np.where(r.rand(n) < 0.05, r.normal(1800, 300, n), 0.0)
        hours = np.clip(r.normal(40, 12, n), 1, 99)
        score = (-4.6 + 0.035 * (age - 38) - 0.0016 * (age - 48) ** 2 + 0.33 * education + 1.7 * married
                 + 0.035 * (hours - 40) + 2.5 * (gain > 5000) + 0.4 * (relationship == 3))
        self.y = torch.tensor(r.rand(n) < 1 / (1 + np.exp(-1.6 * score))).long()
        columns = [age, workclass, fnlwgt, education, married, relationship, gain, loss, hours]
        self.x = torch.tensor(np.stack(columns, 1), dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class IncomeNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.hidden = nn.Linear(n_features, 21)
        self.score = nn.Linear(21, 2)

    def forward(self, x):
        return self.score(F.relu(self.hidden(x)))


train, test = Census(4000, SEED), Census(1500, SEED + 1000)
print("share of class 1:", train.y.float().mean().item())
net = IncomeNet(train.x.shape[1])
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(40):
    running, seen = 0.0, 0
    for x, y in DataLoader(train, batch_size=100, shuffle=True):
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running, seen = running + loss.item() * len(y), seen + len(y)
    if epoch % 5 == 4:
        print(f"[{epoch + 1}] loss={running / seen:.4f}")

with torch.no_grad():
    acc = (net(test.x).argmax(1) == test.y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
