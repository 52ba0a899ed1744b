import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


class AddGaussianNoise:
    def __init__(self, mean=0.0, std=1.0):
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        return tensor + torch.randn_like(tensor) * self.std + self.mean


class Scale:
    def __call__(self, tensor):
        return tensor / 16.0


class Compose:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, tensor):
        for step in self.steps:
            tensor = step(tensor)
        return tensor


class Digits(Dataset):
    def __init__(self, part, transform):
        d = load_digits()
        order = np.random.RandomState(seed).permutation(len(d.target))
        keep = order[:1200] if part == "train" else order[1200:]
        self.images = torch.tensor(d.images[keep], dtype=torch.float32).unsqueeze(1)
        self.target = torch.tensor(d.target[keep])
        self.transform = transform

    def __len__(self):
        return len(self.target)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.target[i]


train_tf = Compose([AddGaussianNoise(std=1.5), Scale()])
test_tf = Compose([Scale()])
train_loader = DataLoader(Digits("train", train_tf), batch_size=40, shuffle=True)
test_loader = DataLoader(Digits("test", test_tf), batch_size=200)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    model.train()
    total = 0.0
    for images, target in train_loader:
        loss = criterion(model(images), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: {total / len(train_loader):.4f}")

model.eval()
correct = 0
with torch.no_grad():
    for images, target in test_loader:
        correct += (model(images).argmax(1) == target).sum().item()
print(f"FINAL accuracy={correct / len(test_loader.dataset):.4f}")
