import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)


def pairwise_distances(emb: torch.Tensor) -> torch.Tensor:
    dot = emb @ emb.t()
    sq = dot.diagonal()
    d = sq.unsqueeze(0) - 2 * dot + sq.unsqueeze(1)
    d = d.clamp(min=0)
    return d.sqrt()


def batch_hard_triplet_loss(labels, emb, margin=0.5):
    dist = pairwise_distances(emb)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    hardest_positive = (dist * same.float()).max(1).values
    hardest_negative = (dist + dist.max().detach() * same.float()).min(1).values
    return F.relu(hardest_positive - hardest_negative + margin).mean()


class EmbeddingNet(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.convnet = nn.Sequential(nn.Conv2d(1, 16, 3), nn.PReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 2), nn.PReLU())
        self.fc = nn.Sequential(nn.Linear(32 * 2 * 2, 64), nn.PReLU(), nn.Linear(64, dim))

    def forward(self, x):
        return F.normalize(self.fc(self.convnet(x).flatten(1)), dim=1)


X, y = load_digits(return_X_y=True)
X = torch.tensor(X / 16.0, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
tr, te = train_test_split(range(len(y)), test_size=0.3, random_state=SEED, stratify=y)
net = EmbeddingNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
by_class = [torch.tensor([i for i in tr if y[i] == c]) for c in range(10)]

for step in range(1, 301):
    idx = torch.cat([c[torch.randint(len(c), (8,))] for c in by_class])
    loss = batch_hard_triplet_loss(y[idx], net(X[idx]))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print("iter", step, "triplet loss", loss.item())

with torch.no_grad():
    gallery, query = net(X[tr]), net(X[te])
    nearest = (query @ gallery.t()).argmax(1)
    r1 = (y[tr][nearest] == y[te]).float().mean().item()
print(f"FINAL recall={r1:.4f}")
