import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


class KeystrokeNet(nn.Module):
    def __init__(self, n_users):
        super().__init__()
        self.conv1 = nn.Conv1d(2, 24, 5, padding=2)
        self.conv2 = nn.Conv1d(24, 32, 5, padding=2)
        self.drop = nn.Dropout(0.6)
        self.fc1 = nn.Linear(32 * 8, 64)
        self.fc2 = nn.Linear(64, n_users)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        x = self.drop(x.flatten(1))
        x = self.drop(F.relu(self.fc1(x)))
        return self.fc2(x)


def keystrokes(n, users=8, length=32):
    habits = np.random.RandomState(3).randn(users, 2, length)
    who = np.random.randint(0, users, n)
    x = 0.6 * habits[who] + np.random.randn(n, 2, length)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(who)


def run_epoch(model, loader, optimizer=None):
    model.train()
    total, correct, count = 0.0, 0, 0
    for x, y in loader:
        scores = model(x)
        loss = F.cross_entropy(scores, y)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(y)
        correct += (scores.argmax(1) == y).sum().item()
        count += len(y)
    return total / count, correct / count


train_loader = DataLoader(TensorDataset(*keystrokes(2000)), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(*keystrokes(800)), batch_size=100)
model = KeystrokeNet(8)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=0.08)
for epoch in range(10):
    loss, acc = run_epoch(model, train_loader, optimizer)
    print(f"epoch {epoch + 1}: train loss {loss:.4f} acc {acc:.3f}")
with torch.no_grad():
    loss, acc = run_epoch(model, test_loader)
print(f"test loss {loss:.4f}")
print(f"FINAL accuracy={acc:.4f}")
