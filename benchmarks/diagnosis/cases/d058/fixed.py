import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def glyphs(n, s=12):
    """Noisy L, T, + and O strokes."""
    x = torch.randn(n, 1, s, s) * 0.4
    y = torch.randint(0, 4, (n,))
    for img, k in zip(x[:, 0], y.tolist()):
        r, c = torch.randint(1, s - 7, (2,)).tolist()
        if k == 0:
            img[r:r + 6, c] += 1.2
            img[r + 5, c:c + 6] += 1.2
        elif k == 1:
            img[r, c:c + 6] += 1.2
            img[r:r + 6, c + 3] += 1.2
        elif k == 2:
            img[r + 3, c:c + 6] += 1.2
            img[r:r + 6, c + 3] += 1.2
        else:
            img[r, c:c + 6] += 1.2
            img[r + 5, c:c + 6] += 1.2
            img[r:r + 6, c] += 1.2
            img[r:r + 6, c + 5] += 1.2
    return x, y


train_loader = DataLoader(TensorDataset(*glyphs(2000)), batch_size=32)
x_test, y_test = glyphs(600)


class GlyphNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 4, 4)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 4)
        return self.fc(x.flatten(1))


def endless(loader):
    while True:
        yield from loader


stream = endless(train_loader)
net = GlyphNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(400):
    images, labels = next(stream)
    loss = F.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step:3d} loss {loss.item():.5f}")

with torch.no_grad():
    accuracy = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
