import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

d = load_digits()
images = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(d.target)
perm = torch.randperm(len(images), generator=torch.Generator().manual_seed(3))
images, labels = images[perm], labels[perm]
train_x, train_y, test_x, test_y = images[:1300], labels[:1300], images[1300:], labels[1300:]


def augment(x):
    n = x.size(0)
    theta = torch.zeros(n, 2, 3)
    ang = (torch.rand(n) - 0.5) * 0.6
    s = 0.85 + 0.3 * torch.rand(n)
    theta[:, 0, 0], theta[:, 0, 1] = s * ang.cos(), -s * ang.sin()
    theta[:, 1, 0], theta[:, 1, 1] = s * ang.sin(), s * ang.cos()
    theta[:, :, 2] = (torch.rand(n, 2) - 0.5) * 0.4
    out = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    return out * (0.8 + 0.4 * torch.rand(n, 1, 1, 1)) + 0.08 * torch.randn_like(x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.Flatten())
        self.project = nn.Sequential(nn.Linear(48 * 16, 64), nn.ReLU(), nn.Linear(64, 32))

    def forward(self, x):
        h = self.net(x)
        return h, F.normalize(self.project(h), dim=1)


def nt_xent(za, zb, temperature=0.3):
    z = torch.cat([za, zb])
    sim = z @ z.t() / temperature
    sim.fill_diagonal_(-1e9)
    n = len(za)
    return F.cross_entropy(sim, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


encoder = Encoder()
opt = torch.optim.Adam(encoder.parameters(), lr=1e-3, weight_decay=1e-6)
for epoch in range(8):
    encoder.train()
    order = torch.randperm(len(train_x))
    for i in range(0, 1300 - 99, 100):
        xb = train_x[order[i:i + 100]]
        loss = nt_xent(encoder(augment(xb))[1], encoder(augment(xb))[1])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"pretrain {epoch}: contrastive loss {loss.item():.4f}")

encoder.eval()
with torch.no_grad():
    f_train, f_test = encoder(train_x)[0], encoder(test_x)[0]
mu, sd = f_train.mean(0), f_train.std(0) + 1e-2
f_train, f_test = (f_train - mu) / sd, (f_test - mu) / sd
probe = nn.Linear(f_train.size(1), 10)
opt = torch.optim.SGD(probe.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-3)
for step in range(200):
    idx = torch.randint(0, 1300, (100,))
    loss = F.cross_entropy(probe(f_train[idx]), train_y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"probe loss {loss.item():.4f}")
with torch.no_grad():
    print(f"FINAL accuracy={(probe(f_test).argmax(1) == test_y).float().mean().item():.4f}")
