import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)
H = W = 18


def fruit(n):
    """(n, H, W, 3) as an image library returns them: a coloured disc or ring at a random place"""
    colours = np.array([[0.9, 0.2, 0.2], [0.2, 0.8, 0.3], [0.9, 0.8, 0.2]])
    y = rs.randint(0, 6, n)
    img = rs.rand(n, H, W, 3) * 0.5
    yy, xx = np.mgrid[:H, :W]
    for i, k in enumerate(y):
        cy, cx, r = rs.uniform(5, H - 6), rs.uniform(5, W - 6), rs.uniform(3, 5)
        d = np.hypot(yy - cy, xx - cx)
        m = d < r if k < 3 else np.abs(d - r) < 1
        img[i][m] = 0.5 * img[i][m] + 0.5 * colours[k % 3]
    return ((img - 0.35) / 0.25).astype(np.float32), y


class FruitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.out = nn.Linear(24, 6)

    def forward(self, x):
        x = x.view(-1, 3, H, W)
        return self.out(self.block(x))


Xa, ya = fruit(1500)
Xb, yb = fruit(400)
Xa, ya, Xb, yb = map(torch.from_numpy, (Xa, ya, Xb, yb))
net = FruitNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(8):
    perm = torch.randperm(len(Xa))
    for k in range(0, len(Xa), 50):
        j = perm[k:k + 50]
        opt.zero_grad()
        loss = ce(net(Xa[j]), ya[j])
        loss.backward()
        opt.step()
    with torch.no_grad():
        acc = (net(Xb).argmax(1) == yb).float().mean().item()
    print(f"epoch {epoch}  loss {loss.item():.3f}  val acc {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
