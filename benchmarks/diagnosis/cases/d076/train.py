import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

bunch = load_digits()
images = torch.tensor(bunch.data, dtype=torch.float32) / 16
labels = torch.tensor(bunch.target)
order = torch.randperm(len(labels))
train = TensorDataset(images[order[:1000]], labels[order[:1000]])
test_x, test_y = images[order[1000:]], labels[order[1000:]]
loader = DataLoader(train, batch_size=2, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 48, bias=False)
        self.bn1 = nn.BatchNorm1d(48)
        self.fc2 = nn.Linear(48, 48, bias=False)
        self.bn2 = nn.BatchNorm1d(48)
        self.fc3 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.fc1(x)))
        x = F.relu(self.bn2(self.fc2(x)))
        return self.fc3(x)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
epochs = 6
for epoch in range(epochs):
    net.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        acc = (net(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch}: loss {total / len(loader):.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
