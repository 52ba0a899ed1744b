import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)


def patches(n, size=14):
    """Tissue patches: class = number of dark nuclei (1, 2, 3 or 4)."""
    lab = rs.randint(0, 4, n)
    img = 0.75 + 0.08 * rs.randn(n, 1, size, size)
    yy, xx = np.mgrid[:size, :size]
    for i in range(n):
        for _ in range(lab[i] + 1):
            cy, cx = rs.uniform(2, size - 3, 2)
            img[i, 0] -= 0.5 * np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / 2.0)
    return torch.tensor(img, dtype=torch.float32), torch.tensor(lab)


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
    )


def pretrain(net, images):
    """Predict mean darkness and contrast of the patch, which need no labels."""
    target = torch.stack([images.mean((1, 2, 3)), images.std((1, 2, 3))], 1)
    target = (target - target.mean(0)) / target.std(0)
    top = nn.Linear(128, 2)
    opt = torch.optim.Adam([*net.parameters(), *top.parameters()], lr=2e-3)
    for _ in range(4):
        for x, t in DataLoader(TensorDataset(images, target), batch_size=50, shuffle=True):
            opt.zero_grad()
            nn.functional.mse_loss(top(net(x)), t).backward()
            opt.step()


@torch.no_grad()
def compute_features(net, dataset):
    net.eval()
    loader = DataLoader(dataset, batch_size=100, shuffle=True)
    return torch.cat([net(x) for x, _ in loader])


images, labels = patches(1500)
test_images, test_labels = patches(600)
net = backbone()
pretrain(net, images)
train_set, test_set = TensorDataset(images, labels), TensorDataset(test_images, test_labels)

train_feats = compute_features(net, train_set)
mean, std = train_feats.mean(0), train_feats.std(0) + 1e-6
train_feats = (train_feats - mean) / std

classifier = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(classifier.parameters(), lr=1e-3)
for epoch in range(20):
    for x, y in DataLoader(TensorDataset(train_feats, labels), batch_size=50, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(classifier(x), y)
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}")

classifier.eval()
with torch.no_grad():
    feats = (net(test_images) - mean) / std
    accuracy = (classifier(feats).argmax(1) == test_labels).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
