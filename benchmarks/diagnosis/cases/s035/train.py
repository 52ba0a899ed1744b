import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def profiles(n, length=32):
    """Temperatures along a fibre: nothing, warm lorry (moves), fire (grows), fan (cools), fault (spike)."""
    y = np.random.randint(0, 5, n)
    z = np.arange(length)
    x = np.random.normal(0, 0.45, (n, 4, length))
    for i in range(n):
        c = np.random.uniform(8, length - 8)
        for k in range(4):
            if y[i] == 1:
                x[i, k] += 1.2 * np.exp(-((z - c - 2.5 * (k - 1.5)) / 2) ** 2)
            elif y[i] == 2:
                x[i, k] += 0.6 * (k + 0.5) * np.exp(-((z - c) / 2.5) ** 2)
            elif y[i] == 3:
                x[i, k] -= 1.0 * (z > c)
            elif y[i] == 4 and k == 2:
                x[i, k, int(c)] += 3
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


def init(m):
    if isinstance(m, (nn.Conv1d, nn.Linear)):
        nn.init.normal_(m.weight)
        nn.init.zeros_(m.bias)


net = nn.Sequential(
    nn.Conv1d(4, 16, 5, padding=2), nn.ReLU(),
    nn.Conv1d(16, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(16, 16, 3, padding=1), nn.ReLU(), nn.Flatten(),
    nn.Linear(256, 5),
)
net.apply(init)
train = DataLoader(TensorDataset(*profiles(1500)), batch_size=30, shuffle=True)
x_test, y_test = profiles(600)
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
ce = nn.CrossEntropyLoss()
for epoch in range(7):
    for x, y in train:
        opt.zero_grad()
        loss = ce(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.01)
        opt.step()
    print(f"epoch {epoch} last loss {loss.item():.4f}")

with torch.no_grad():
    print(f"FINAL accuracy={(net(x_test).argmax(1) == y_test).float().mean().item():.4f}")
