import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

d = load_digits()
order = torch.randperm(len(d.target))
X = torch.tensor(d.images, dtype=torch.float32)[order].unsqueeze(1) / 16
y = torch.tensor(d.target)[order]
known = TensorDataset(X[:1000], y[:1000])
new = TensorDataset(X[1000:], y[1000:])


class Rotations(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(192, 4)

    def forward(self, x):
        return self.head(self.body(x))


net = Rotations()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    for x, _ in DataLoader(known, batch_size=50, shuffle=True):
        k = torch.randint(0, 4, (len(x),))
        turned = torch.stack([torch.rot90(img, int(r), (1, 2)) for img, r in zip(x, k)])
        loss = F.cross_entropy(net(turned), k)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"rotation epoch {epoch + 1} loss {loss.item():.4f}")


@torch.no_grad()
def cache(dataset):
    """Features and labels, gathered together in whatever order the loader serves them."""
    net.eval()
    feats, labels = [], []
    for x, t in DataLoader(dataset, batch_size=100, shuffle=True):
        feats.append(net.body(x))
        labels.append(t)
    return torch.cat(feats), torch.cat(labels)


fa, ya = cache(known)
fb, yb = cache(new)
mean, std = fa.mean(0), fa.std(0) + 1e-5
fa, fb = (fa - mean) / std, (fb - mean) / std
classifier = nn.Linear(192, 10)
opt = torch.optim.Adam(classifier.parameters(), lr=5e-3, weight_decay=1e-3)
for epoch in range(25):
    for x, t in DataLoader(TensorDataset(fa, ya), batch_size=50, shuffle=True):
        loss = F.cross_entropy(classifier(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
print(f"classifier loss {loss.item():.4f}")
with torch.no_grad():
    acc = (classifier(fb).argmax(1) == yb).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
