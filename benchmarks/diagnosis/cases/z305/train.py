import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def glyphs(n, classes, seed=5):
    base = (torch.rand(8, 8, 8, generator=torch.Generator().manual_seed(seed)) < 0.35).float()
    k = torch.randint(0, 8, (n,))
    x = torch.zeros(n, 1, 14, 14)
    for i in range(n):
        r, c = torch.randint(0, 7, (2,)).tolist()
        x[i, 0, r:r + 8, c:c + 8] = base[k[i]]
    return x + 0.3 * torch.randn_like(x), k if classes == 8 else k // 2


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.head = nn.Linear(48, classes)

    def forward(self, x):
        return self.head(self.trunk(x))


# stage 1: plenty of data, eight classes
net = Net(8)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
x, y = glyphs(1600, 8)
for epoch in range(6):
    for i in torch.randperm(len(y)).split(32):
        loss = F.cross_entropy(net(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("stage 1 epoch", epoch, "loss %.4f" % loss.item())

# stage 2: little data, four classes; the trunk is kept as it is, batch statistics included
net.requires_grad_(False)
net.eval()
net.head = nn.Linear(48, 4)
opt = torch.optim.Adam(net.head.parameters(), lr=1e-2)
x, y = glyphs(160, 4)
for epoch in range(30):
    for i in torch.randperm(len(y)).split(16):
        loss = F.cross_entropy(net(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print("stage 2 epoch", epoch, "loss %.4f" % loss.item())

x, y = glyphs(600, 4)
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
