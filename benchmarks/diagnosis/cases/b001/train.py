import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

digits = load_digits()
images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16.0
targets = torch.from_numpy(digits.target)
test_images, test_targets = images[1400:], targets[1400:]
images, targets = images[:1400], targets[:1400]

BATCH = 50
image_loader = DataLoader(images, batch_size=BATCH, shuffle=True, num_workers=0)
target_loader = DataLoader(targets, batch_size=BATCH, shuffle=True, num_workers=0)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x):
        x = self.layer2(self.layer1(x))
        return self.fc(x.flatten(1))


model = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(12):
    total = 0
    for img, lab in zip(image_loader, target_loader):
        optimizer.zero_grad()
        loss = criterion(model(img), lab)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"Epoch [{epoch + 1}/12], Loss: {total / len(image_loader):.4f}")

model.eval()
with torch.no_grad():
    acc = (model(test_images).argmax(1) == test_targets).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
