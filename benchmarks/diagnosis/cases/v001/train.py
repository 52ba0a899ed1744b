import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

d = load_digits()
images = torch.tensor(d.images / 16.0, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(d.target)
perm = torch.randperm(len(labels))
images, labels = images[perm], labels[perm]
old, new = labels < 6, labels >= 6   # the network has learned 0..5, 6..9 are the new task


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
            nn.Conv2d(24, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.Flatten(),
        )

    def forward(self, x):
        return self.net(x)


class Classifier(nn.Module):
    def __init__(self, backbone, n_classes):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(48 * 16, n_classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def fit(model, x, y, params, epochs, lr):
    opt = torch.optim.Adam(params, lr=lr)
    for e in range(epochs):
        total = 0.0
        for idx in torch.randperm(len(x)).split(32):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            opt.step()
            total += loss.item() * len(idx)
        print(f"  epoch {e + 1} loss {total / len(x):.4f}")


print("pretraining")
pre = Classifier(Backbone(), 6)
fit(pre, images[old], labels[old], pre.parameters(), 5, 2e-3)

print("linear probe")
x, y = images[new], labels[new] - 6
probe = Classifier(pre.backbone, 4)
for p in probe.backbone.parameters():
    p.requires_grad = False
probe.backbone.eval()
fit(probe, x[:400], y[:400], [p for p in probe.parameters() if p.requires_grad], 12, 3e-3)

probe.eval()
with torch.no_grad():
    acc = (probe(x[400:]).argmax(1) == y[400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
