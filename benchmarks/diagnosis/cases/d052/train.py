import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Net(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.fc1 = nn.Linear(d, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 64)
        self.out = nn.Linear(64, 1)
        self.drop = nn.Dropout(p=0.7)

    def forward(self, x):
        x = self.drop(F.relu(self.fc1(x)))
        x = self.drop(F.relu(self.fc2(x)))
        x = self.drop(F.relu(self.fc3(x)))
        return self.out(x).squeeze(-1)


X, y = make_friedman1(2500, n_features=10, noise=0.4, random_state=5)
X = ((X - 0.5) / 0.2887).astype("float32")
y = ((y - y.mean()) / y.std()).astype("float32")
Xa, Xb, ya, yb = [torch.from_numpy(a) for a in train_test_split(X, y, test_size=500, random_state=SEED)]

net = Net(10)
optim = torch.optim.Adam(net.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(Xa, ya), batch_size=50, shuffle=True)
for epoch in range(18):
    net.train()
    losses = []
    for xb, t in loader:
        loss = F.mse_loss(net(xb), t)
        optim.zero_grad()
        loss.backward()
        optim.step()
        losses.append(loss.detach())
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} train mse {torch.stack(losses).mean():.4f}")

net.eval()
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(Xb), yb) / yb.var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
