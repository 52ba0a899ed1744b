import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class Digits(Dataset):
    def __init__(self, images, labels, train):
        self.images = images.astype("float32")
        self.labels = labels
        self.train = train

    def __len__(self):
        return len(self.labels)

    def _augment(self, img):
        # light jitter: sensor noise and a random dark bar
        img += np.random.normal(0, 0.18, img.shape).astype("float32")
        if np.random.rand() < 0.3:
            r = np.random.randint(0, 8)
            img[r] *= 0.2
        return img

    def __getitem__(self, i):
        img = self.images[i]
        if self.train:
            img = self._augment(img)
        return torch.tensor(img).unsqueeze(0), int(self.labels[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(512, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, x):
        return self.body(x)


d = load_digits()
order = np.random.permutation(len(d.target))
images, labels = d.images[order] / 16 - 0.3, d.target[order]
train_loader = DataLoader(Digits(images[:1200], labels[:1200], True), batch_size=48, shuffle=True)
test_loader = DataLoader(Digits(images[1200:], labels[1200:], False), batch_size=200)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(24):
    net.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} train loss {total / len(train_loader):.4f}")

net.eval()
hits = 0
with torch.no_grad():
    for x, y in test_loader:
        hits += (net(x).argmax(1) == y).sum().item()
print(f"FINAL accuracy={hits / len(test_loader.dataset):.4f}")
