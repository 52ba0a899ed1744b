import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def spirals(n):
    y = np.random.randint(0, 2, n)
    r = np.sqrt(np.random.rand(n)) * 3
    a = r * 1.8 + np.pi * y
    xy = np.stack([r * np.cos(a), r * np.sin(a)], 1) + 0.08 * np.random.randn(n, 2)
    return TensorDataset(torch.from_numpy(xy).float(), torch.from_numpy(y).float())


class SpiralNet(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, hidden)
        self.fc4 = nn.Linear(hidden, 1)
        self.act = nn.LeakyReLU(0.1)

    def forward(self, x):
        h = self.fc1(x)
        self.act(h)
        h = self.fc2(h)
        self.act(h)
        h = self.fc3(h)
        self.act(h)
        return self.fc4(h).squeeze(1)


def binary_accuracy(logits, y):
    return ((logits > 0).float() == y).float().mean().item()


train_dl = DataLoader(spirals(2000), batch_size=40, shuffle=True)
x_test, y_test = spirals(800).tensors
model = SpiralNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.BCEWithLogitsLoss()

for epoch in range(20):
    model.train()
    loss_sum = acc_sum = 0.0
    for xb, yb in train_dl:
        logits = model(xb)
        loss = criterion(logits, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item()
        acc_sum += binary_accuracy(logits, yb)
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1:2d}: loss {loss_sum / len(train_dl):.4f} acc {acc_sum / len(train_dl):.4f}")

model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={binary_accuracy(model(x_test), y_test):.4f}")
