import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SmallResNet(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(x + self.bn2(self.conv2(x)))
        return self.fc(self.pool(x).flatten(1))


def loaders(keep, batch_size=32):
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
    y = torch.tensor(d.target)
    m = keep(y)
    x, y = x[m], y[m]
    n = int(0.75 * len(x))
    return (DataLoader(TensorDataset(x[:n], y[:n]), batch_size, shuffle=True),
            DataLoader(TensorDataset(x[n:], y[n:]), 200))


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def train(model, loader, optimizer, epochs):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        running_loss = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        print(f"epoch {epoch} loss {running_loss / len(loader):.4f}")


model = SmallResNet(5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
pre_loader, _ = loaders(lambda y: y < 5)
train(model, pre_loader, optimizer, 4)

# now all ten digits
for p in model.parameters():
    p.requires_grad = False
model.fc = nn.Linear(model.fc.in_features, 10)
train_loader, val_loader = loaders(lambda y: y >= 0)
optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.01, momentum=0.9)
train(model, train_loader, optimizer, 8)
print(f"FINAL accuracy={evaluate(model, val_loader):.4f}")
