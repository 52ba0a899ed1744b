import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)
MU, SD = np.array([5.0, 40.0, 120.0]), np.array([1.0, 12.0, 30.0])


def wells(n):
    depth = np.linspace(0, 1, 32)
    kind = rng.randint(0, 4, n)
    z = rng.randn(n, 3, 32) * 0.8
    k = rng.uniform(0.2, 0.8, n)
    for i in range(n):
        bump = np.exp(-((depth - k[i]) / 0.1) ** 2)
        z[i, kind[i] % 3] += 1.8 * bump
        if kind[i] == 3:
            z[i, 1] += 1.8 * bump
    x = z * SD[:, None] + MU[:, None]
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(kind)


class LogNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.conv1 = nn.Conv1d(3, 24, 5, padding=2)
        self.bn1 = nn.BatchNorm1d(24)
        self.conv2 = nn.Conv1d(24, 32, 5, padding=2)
        self.bn2 = nn.BatchNorm1d(32)
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(self.norm(x))))
        x = torch.relu(self.bn2(self.conv2(nn.functional.max_pool1d(x, 2))))
        return self.fc(x.amax(-1))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


x_test, y_test = wells(600)
loader = DataLoader(TensorDataset(*wells(1500)), batch_size=32, shuffle=True)
model = LogNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)
criterion = nn.CrossEntropyLoss()
best = 0.0
model.train()
for epoch in range(10):
    total = 0.0
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        if i == 0:
            best = max(best, accuracy(model, x_test, y_test))
            model.train()
    print(f"epoch {epoch}: loss {total / len(loader):.4f} best {best:.3f}")

print(f"FINAL accuracy={accuracy(model, x_test, y_test):.4f}")
