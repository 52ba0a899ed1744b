import math
import os
import torch
import torch.nn as nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Recordings(Dataset):
    """vibration of one machine: its own pair of frequencies"""

    def __init__(self, machine, n):
        t = torch.arange(96) / 96
        f = 5 + 1.5 * machine
        phase = 2 * math.pi * torch.rand(n, 2, 1)
        wave = torch.sin(2 * math.pi * f * t + phase[:, 0]) + 0.6 * torch.sin(2 * math.pi * (24 - 2 * machine) * t + phase[:, 1])
        self.x = (wave + 0.7 * torch.randn(n, 96)).unsqueeze(1)
        self.machine = machine

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.machine


class SignalNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 16, 9, stride=2, padding=4), nn.ReLU(),
            nn.Conv1d(16, 32, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(),
            nn.AdaptiveMaxPool1d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, n_classes)

    def forward(self, x):
        return self.classifier(self.features(x))


machines = 6
train_data = ConcatDataset([Recordings(m, 300) for m in range(machines)])
test_data = ConcatDataset([Recordings(m, 80) for m in range(machines)])
train_loader = DataLoader(train_data, batch_size=30)
test_loader = DataLoader(test_data, batch_size=120)

net = SignalNet(machines)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)

for epoch in range(10):
    net.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1:2d} | mean loss {total / len(train_loader):.4f}")

net.eval()
correct = 0
with torch.no_grad():
    for x, y in test_loader:
        correct += (net(x).argmax(1) == y).sum().item()
print(f"FINAL accuracy={correct / len(test_data):.4f}")
