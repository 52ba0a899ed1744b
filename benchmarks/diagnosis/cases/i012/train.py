import os

import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def data(n, seed):
    x, y = make_moons(n, noise=0.08, random_state=seed)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


train_x, train_y = data(200, 0)
test_x, test_y = data(2000, 1)

# one thousand times more weights than rows
net = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 384), nn.ReLU(), nn.Linear(384, 2))
print(sum(p.numel() for p in net.parameters()), "weights,", len(train_x), "rows")
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=20, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

for epoch in range(120):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 20 == 0:
        with torch.no_grad():
            out, held = net(train_x), net(test_x)
            print(
                f"epoch {epoch + 1}: train loss {criterion(out, train_y):.6f} "
                f"(acc {(out.argmax(1) == train_y).float().mean():.3f}), "
                f"test loss {criterion(held, test_y):.4f} (acc {(held.argmax(1) == test_y).float().mean():.4f})"
            )

with torch.no_grad():
    print(f"FINAL accuracy={(net(test_x).argmax(1) == test_y).float().mean().item():.4f}")
