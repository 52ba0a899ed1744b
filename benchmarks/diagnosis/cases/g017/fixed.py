import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def textures(n, size=16):
    """stripes, checks, dots or rings of random scale and phase, in noise"""
    labels = torch.randint(0, 4, (n,))
    g = torch.arange(size).float()
    yy, xx = g[:, None].expand(size, size), g[None, :].expand(size, size)
    images = torch.empty(n, 1, size, size)
    for i, c in enumerate(labels.tolist()):
        f = 0.9 + 0.6 * torch.rand(1)
        a, b = 6.3 * torch.rand(2)
        if c == 0:
            im = torch.sin(f * (xx * torch.cos(a) + yy * torch.sin(a)) + b)
        elif c == 1:
            im = torch.sign(torch.sin(f * xx + a) * torch.sin(f * yy + b))
        elif c == 2:
            im = 2 * ((torch.sin(f * xx + a) * torch.sin(f * yy + b)) > 0.6).float() - 0.5
        else:
            r = ((xx - 4 - a) ** 2 + (yy - 4 - b) ** 2).sqrt()
            im = torch.sin(f * r)
        images[i, 0] = im
    return images + 0.7 * torch.randn_like(images), labels


class DeepConv(nn.Module):
    def __init__(self, width=16, depth=10, classes=4):
        super().__init__()
        sizes = [1] + [width] * depth
        self.convs = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1) for i, o in zip(sizes[:-1], sizes[1:])])
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(depth)])
        self.fc = nn.Linear(width, classes)

    def forward(self, x):
        for k, conv in enumerate(self.convs):
            x = F.relu(self.norms[k](conv(x)))
            if k in (2, 5):
                x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


train = DataLoader(TensorDataset(*textures(1200)), batch_size=40, shuffle=True)
test_x, test_y = textures(400)
net = DeepConv()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(6):
    net.train()
    total = 0.0
    for x, y in train:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch + 1}, loss {total / len(train):.4f}")

net.eval()
with torch.no_grad():
    acc = (net(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
