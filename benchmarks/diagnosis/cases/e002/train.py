import os
import torch
from torch import nn
from torch.nn import functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

raw = load_digits()
images = (torch.from_numpy(raw.images).float().unsqueeze(1) - 4.9) / 6.0
labels = torch.from_numpy(raw.target)
shuffle = torch.randperm(len(images))
images, labels = images[shuffle], labels[shuffle]
pretext, labelled, test = slice(0, 900), slice(900, 1300), slice(1300, None)


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
        nn.Conv2d(24, 48, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
        nn.Flatten())


# phase 1: which way up is the digit?
features = backbone()
rot_head = nn.Linear(48 * 16, 4)
opt = torch.optim.Adam([*features.parameters(), *rot_head.parameters()], lr=2e-3)
for epoch in range(6):
    for rows in torch.randperm(900).split(45):
        x = images[pretext][rows]
        k = torch.randint(0, 4, (len(x),))
        x = torch.stack([torch.rot90(im, int(r), (1, 2)) for im, r in zip(x, k)])
        loss = F.cross_entropy(rot_head(features(x)), k)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"[pretext] epoch {epoch} loss {loss.item():.4f}")

# phase 2: linear probe on the frozen features
features.eval().requires_grad_(False)
probe = nn.Linear(48 * 16, 10)
opt = torch.optim.Adam(probe.parameters(), lr=2e-3, weight_decay=1e-3)
for epoch in range(20):
    for rows in torch.randperm(400).split(40):
        with torch.no_grad():
            z = features(images[labelled][rows])
        loss = F.cross_entropy(probe(z), labels[labelled][rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"[probe] epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (probe(features(images[test])).argmax(1) == labels[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
