import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

CLASSES = ["plus", "square", "slash", "bars"]


def draw(label):
    img = rng.uniform(0, 0.35, (20, 20))
    r, c = rng.randint(2, 9, 2)
    ink = rng.uniform(0.55, 1.02)
    s = 9
    if label == 0:
        img[r + s // 2, c:c + s] = ink
        img[r:r + s, c + s // 2] = ink
    elif label == 1:
        img[r, c:c + s] = img[r + s - 1, c:c + s] = ink
        img[r:r + s, c] = img[r:r + s, c + s - 1] = ink
    elif label == 2:
        for k in range(s):
            img[r + k, c + k] = ink
    else:
        img[r:r + s:4, c:c + s] = ink
    return img


class Shapes(Dataset):
    def __init__(self, n, transform=None):
        self.labels = rng.randint(0, len(CLASSES), n)
        self.images = np.stack([draw(k) for k in self.labels]).astype(np.float32)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = torch.from_numpy(self.images[i]).float().unsqueeze(0)
        if self.transform:
            img = self.transform(img)
        return img, int(self.labels[i])


def normalize(img):
    return (img - 0.25) / 0.25


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc1 = nn.Linear(16 * 3 * 3, 32)
        self.fc2 = nn.Linear(32, len(CLASSES))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


train_loader = DataLoader(Shapes(1600, normalize), batch_size=40, shuffle=True)
test_loader = DataLoader(Shapes(500, normalize), batch_size=100)
net = CNN()
optimizer = torch.optim.Adam(net.parameters(), lr=0.002)

for epoch in range(8):
    net.train()
    running_loss = 0.0
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("[%d] loss: %.3f" % (epoch + 1, running_loss / len(train_loader)))

net.eval()
correct = total = 0
with torch.no_grad():
    for images, labels in test_loader:
        correct += (net(images).argmax(1) == labels).sum().item()
        total += len(labels)
print("FINAL accuracy=%.4f" % (correct / total))
