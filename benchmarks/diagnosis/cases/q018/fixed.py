import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
S = 16


def scenes(n):
    """Stripes of some direction and a bright spot; one picture serves two tasks."""
    yy, xx = torch.meshgrid(torch.linspace(-1, 1, S), torch.linspace(-1, 1, S), indexing="ij")
    ang = torch.rand(n, 1, 1) * 3.1416
    stripes = torch.sin(7 * (xx * ang.cos() + yy * ang.sin()) + 6.28 * torch.rand(n, 1, 1))
    c = torch.rand(n, 2) * 1.4 - 0.7
    spot = torch.exp(-((xx - c[:, 0, None, None]) ** 2 + (yy - c[:, 1, None, None]) ** 2) / 0.03)
    img = 0.6 * stripes + 1.2 * spot + 0.2 * torch.randn(n, S, S)
    direction = torch.stack([(2 * ang).cos().flatten(), (2 * ang).sin().flatten()], 1)
    quadrant = (c[:, 0] > 0).long() + 2 * (c[:, 1] > 0).long()
    return img.unsqueeze(1), direction, quadrant


class Net(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten())
        self.head = nn.Linear(64, n_out)

    def forward(self, x):
        return self.head(self.features(x))


x, direction, quadrant = scenes(1800)
xt, _, qt = scenes(600)

# source task: direction of the stripes
net = Net(2)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    for i in torch.randperm(len(x)).split(60):
        opt.zero_grad()
        F.mse_loss(net(x[i]), direction[i]).backward()
        opt.step()

# target task: where is the spot?  first the head alone, then everything
net.head = nn.Linear(64, 4)
for p in net.features.parameters():
    p.requires_grad = False


def fit(epochs, lr):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    for epoch in range(epochs):
        for i in torch.randperm(len(x)).split(60):
            loss = F.cross_entropy(net(x[i]), quadrant[i])
            opt.zero_grad()
            loss.backward()
            opt.step()
        with torch.no_grad():
            acc = (net(xt).argmax(1) == qt).float().mean().item()
        print(f"epoch {epoch + 1} loss {loss.item():.4f} test {acc:.4f}")
    return acc


fit(3, 3e-3)
net.features.requires_grad_(True)
accuracy = fit(10, 2e-3)
print(f"FINAL accuracy={accuracy:.4f}")
