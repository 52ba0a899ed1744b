import os

import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

wine = load_wine()
X_train, X_test, y_train, y_test = train_test_split(wine.data, wine.target, test_size=0.35, stratify=wine.target, random_state=SEED)
sc = StandardScaler().fit(X_train)
X_train, X_test = torch.tensor(sc.transform(X_train)).float(), torch.tensor(sc.transform(X_test)).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(13, 64), nn.PReLU(), nn.Linear(64, 64), nn.PReLU(), nn.Linear(64, 2))

    def forward(self, a, b):
        ea, eb = self.tower(a), self.tower(b)
        return torch.sqrt((ea - eb).pow(2).sum(1) + 1e-6)


def pairs(n):
    i, j = torch.randint(len(X_train), (2, 4 * n))
    same = y_train[i] == y_train[j]
    pick = torch.cat([same.nonzero().flatten()[: n // 4], (~same).nonzero().flatten()[: n - n // 4]])
    return X_train[i[pick]], X_train[j[pick]], same[pick].float()


net = Siamese()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=5e-2)
for step in range(1000):
    a, b, same = pairs(48)
    dist = net(a, b)
    loss = (same * dist**2 + (1 - same) * torch.clamp(1.0 - dist, min=0) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 200 == 0:
        print("step", step, "loss", f"{loss.item():.4f}")

net.eval()
with torch.no_grad():
    emb, test = net.tower(X_train), net.tower(X_test)
    centres = torch.stack([emb[y_train == c].mean(0) for c in range(3)])
    acc = (torch.cdist(test, centres).argmin(1) == y_test).float().mean()
print("FINAL accuracy=%.4f" % acc)
