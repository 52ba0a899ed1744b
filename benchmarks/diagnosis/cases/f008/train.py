import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

manualSeed = int(os.environ.get("SEED", 0))
torch.manual_seed(manualSeed)
rng = np.random.default_rng(manualSeed)

STROKES = {
    0: ["h", "v"], 1: ["h"], 2: ["v"], 3: ["d"], 4: ["d", "u"],
}


def glyph(label, size=16):
    canvas = rng.normal(0, 0.25, (size, size))
    cx, cy = rng.integers(6, 10, 2)
    for stroke in STROKES[label]:
        for t in range(-4, 5):
            x, y = {"h": (cx + t, cy), "v": (cx, cy + t), "d": (cx + t, cy + t), "u": (cx + t, cy - t)}[stroke]
            canvas[np.clip(y, 0, size - 1), np.clip(x, 0, size - 1)] += 1.5
    return canvas


def make(n):
    labels = rng.integers(0, 5, n)
    imgs = np.stack([glyph(k) for k in labels])[:, None]
    return TensorDataset(torch.tensor(imgs, dtype=torch.float32), torch.tensor(labels))


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1 or classname.find("Linear") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.002)
        nn.init.constant_(m.bias.data, 0)


class Net(nn.Module):
    def __init__(self, nf=12):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, nf, 3, 1, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(nf, nf * 2, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(nf * 2, nf * 2, 3, 1, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(nf * 2, nf * 4, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(nf * 4 * 16, 5),
        )

    def forward(self, x):
        return self.main(x)


trainset, testset = make(1200), make(400)
net = Net()
net.apply(weights_init)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.008, momentum=0.9)
for epoch in range(5):
    for i, (x, y) in enumerate(DataLoader(trainset, batch_size=24, shuffle=True)):
        net.zero_grad()
        err = criterion(net(x), y)
        err.backward()
        optimizer.step()
    print("[%d/5] Loss: %.4f" % (epoch + 1, err.item()))

net.eval()
correct = 0
for x, y in DataLoader(testset, batch_size=200):
    with torch.no_grad():
        correct += (net(x).argmax(1) == y).sum().item()
print("FINAL accuracy=%.4f" % (correct / len(testset)))
