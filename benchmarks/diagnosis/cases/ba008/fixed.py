import os

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class SmallResNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(24)
        self.conv2 = nn.Conv2d(24, 24, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(24)
        self.conv3 = nn.Conv2d(24, 48, 3, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(48)
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(192, num_classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(x + self.bn2(self.conv2(x)))
        x = torch.relu(self.bn3(self.conv3(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1
y = torch.tensor(digits.target)
perm = torch.randperm(len(X))
X, y = X[perm], y[perm]
old, new_classes = y < 5, [5, 6, 7, 8, 9]


def fit(model, loader, optimizer, num_epochs):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(num_epochs):
        model.train()
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += (outputs.argmax(1) == labels).sum().item()
        n = len(loader.dataset)
        print(f"epoch {epoch} train Loss: {running_loss / n:.4f} Acc: {running_corrects / n:.4f}")


# base model on the digits 0-4
model = SmallResNet(5)
fit(model, DataLoader(TensorDataset(X[old], y[old]), batch_size=32, shuffle=True), optim.Adam(model.parameters(), lr=1e-3), 5)

# transfer to the digits 5-9
Xn, yn = X[~old], y[~old] - 5
train_loader = DataLoader(TensorDataset(Xn[:600], yn[:600]), batch_size=16, shuffle=True)
for param in model.parameters():
    param.requires_grad = False
for param in model.fc.parameters():
    param.requires_grad = True
num_ftrs = model.fc.in_features
model.fc = nn.Linear(num_ftrs, len(new_classes))
optimizer = optim.SGD(model.fc.parameters(), lr=0.05, momentum=0.9)
fit(model, train_loader, optimizer, 12)

model.eval()
with torch.no_grad():
    acc = (model(Xn[600:]).argmax(1) == yn[600:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
