import os
import torch
from torch import nn
from torch.nn import functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

bundle = load_digits()
images = torch.tensor(bundle.images, dtype=torch.float32)[:, None] / 16
labels = torch.tensor(bundle.target)
p = torch.randperm(len(images))
images, labels = images[p], labels[p]
pool, test = images[:1400], images[1400:]


def augment(x):
    """Random shift by up to one pixel, small affine warp, noise and contrast."""
    n = len(x)
    angle = (torch.rand(n) - 0.5) * 0.7
    scale = 1 + (torch.rand(n) - 0.5) * 0.3
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = scale * angle.cos(), -scale * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = scale * angle.sin(), scale * angle.cos()
    theta[:, :, 2] = (torch.rand(n, 2) - 0.5) * 0.5
    x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)
    return (x * (0.7 + 0.6 * torch.rand(n, 1, 1, 1)) + 0.08 * torch.randn_like(x)).clamp(0, 1)


class Encoder(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 3, padding=1)
        self.conv2 = nn.Conv2d(24, 48, 3, padding=1)
        self.fc = nn.Linear(48 * 4, dim)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.relu(self.fc(x.flatten(1)))


encoder = Encoder()
projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
opt = torch.optim.Adam([*encoder.parameters(), *projector.parameters()], lr=2e-3)
TAU, B = 0.2, 200


def nt_xent(za, zb):
    z = F.normalize(torch.cat([za, zb]), dim=1)
    sim = z @ z.t() / TAU
    sim.fill_diagonal_(float("-inf"))
    n = len(za)
    positives = torch.cat([torch.arange(n) + n, torch.arange(n)])
    return F.cross_entropy(sim, positives)


for epoch in range(22):
    mean = 0.0
    for idx in torch.randperm(len(pool)).split(B):
        x = pool[idx]
        loss = nt_xent(projector(encoder(augment(x))), projector(encoder(augment(x))))
        opt.zero_grad()
        loss.backward()
        opt.step()
        mean += loss.item() / 7
    if epoch % 4 == 0:
        print(f"epoch {epoch} contrastive loss {mean:.3f}")

# linear probe with 200 labels
encoder.eval()
with torch.no_grad():
    f_few, f_test = encoder(pool[:200]).numpy(), encoder(test).numpy()
probe = LogisticRegression(max_iter=2000).fit(f_few, labels[:200].numpy())
print(f"FINAL accuracy={probe.score(f_test, labels[1400:].numpy()):.4f}")
