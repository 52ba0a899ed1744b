import io
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 0.6
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
unlabelled, few, test = order[:1200], order[1200:1400], order[1400:]


def make_encoder():
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
                         nn.Flatten(), nn.Linear(32 * 16, 24), nn.LayerNorm(24))


class PretextModule(nn.Module):
    """learns to say by how many quarter turns a picture was rotated and which of two crops it is"""

    def __init__(self):
        super().__init__()
        self.model = make_encoder()
        self.reconstruct = nn.Linear(24, 64)

    def forward(self, x):
        return self.reconstruct(self.model(x))


def pretrain():
    module = PretextModule()
    opt = torch.optim.Adam(module.parameters(), lr=3e-3)
    for epoch in range(12):
        for rows in unlabelled[torch.randperm(len(unlabelled))].split(60):
            clean = images[rows]
            keep = (torch.rand_like(clean) < 0.6).float()
            loss = F.mse_loss(module(clean * keep), clean.flatten(1))
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 4 == 0:
            print(f"pretext epoch {epoch} loss {loss.item():.4f}")
    buffer = io.BytesIO()
    torch.save({"epoch": 12, "state_dict": module.state_dict()}, buffer)
    buffer.seek(0)
    return buffer


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = make_encoder()
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        return self.head(self.encoder(x))


checkpoint = torch.load(pretrain())
model = Classifier()
weights = {k.removeprefix("model."): v for k, v in checkpoint["state_dict"].items()}
model.encoder.load_state_dict(weights, strict=False)
for p in model.encoder.parameters():
    p.requires_grad = False
optimizer = torch.optim.Adam(model.head.parameters(), lr=1e-2)
for epoch in range(40):
    for rows in few[torch.randperm(len(few))].split(40):
        loss = F.cross_entropy(model(images[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 0:
        print(f"head epoch {epoch} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(images[test]).argmax(1) == labels[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
