import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    """20 x 20 pictures of a triangle, a box, a bar or a dot pair; values between 0 and 1."""

    def __init__(self, n, seed):
        rng = np.random.RandomState(seed)
        self.images = np.zeros((n, 1, 20, 20), dtype=np.float32)
        self.labels = rng.randint(0, 4, n)
        for img, label in zip(self.images, self.labels):
            top, left, s = rng.randint(1, 9), rng.randint(1, 9), rng.randint(6, 10)
            c = rng.uniform(0.4, 1.0)
            if label == 0:
                for k in range(s):
                    img[0, top + k, left:left + k + 1] = c
            elif label == 1:
                img[0, top:top + s, left:left + s] = c
            elif label == 2:
                img[0, top:top + s, left + s // 2 - 1:left + s // 2 + 1] = c
            else:
                img[0, top:top + 3, left:left + 3] = c
                img[0, top + s - 3:top + s, left + s - 3:left + s] = c
            img += rng.rand(1, 20, 20) * 0.1
        np.clip(self.images, 0, 1, out=self.images)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), int(self.labels[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 5)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.fc1 = nn.Linear(24 * 3 * 3, 64)
        self.fc2 = nn.Linear(64, 4)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    train = DataLoader(Shapes(2000, 100 + seed), batch_size=40, shuffle=True)
    test = DataLoader(Shapes(600, 999 + seed), batch_size=200)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(6):
        losses = []
        for images, labels in train:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"[{epoch}] mean loss {np.mean(losses):.4f}")
    with torch.no_grad():
        hits = sum((net(a).argmax(1) == b).sum().item() for a, b in test)
    print(f"FINAL accuracy={hits / 600:.4f}")


if __name__ == "__main__":
    main()
