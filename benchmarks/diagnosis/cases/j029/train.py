import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
TAGS = ["sun", "tree", "house", "road", "lake", "bird", "cloud", "fence"]


class Scenes(Dataset):
    """12x12 pictures; each tag has its own stamp (3x3), drawn at random places."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        stamps = (torch.rand(len(TAGS), 3, 3, generator=torch.Generator().manual_seed(0)) > 0.45).float() * 1.5
        self.tags = (torch.rand(n, len(TAGS), generator=g) < 0.2).float()
        self.images = 0.3 * torch.randn(n, 1, 14, 14, generator=g)
        where = torch.stack([torch.randperm(16, generator=g)[: len(TAGS)] for _ in range(n)])
        for i in range(n):
            for t in range(len(TAGS)):
                if self.tags[i, t]:
                    r, c = divmod(int(where[i, t]), 4)
                    self.images[i, 0, 3 * r + 1 : 3 * r + 4, 3 * c + 1 : 3 * c + 4] += stamps[t]

    def __len__(self):
        return len(self.tags)

    def __getitem__(self, i):
        return self.images[i], self.tags[i]


class TagNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Sequential(nn.Linear(32, len(TAGS)), nn.Sigmoid())

    def forward(self, x):
        return self.classifier(self.features(x))


train_loader = DataLoader(Scenes(2000, 1), batch_size=50, shuffle=True)
test_loader = DataLoader(Scenes(700, 2), batch_size=100)
model = TagNet()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(14):
    model.train()
    total = 0.0
    for images, tags in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), tags)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"Epoch {epoch}: loss={total / len(train_loader):.4f}")

model.eval()
tp = fp = fn = 0
with torch.no_grad():
    for images, tags in test_loader:
        said = (model(images) > 0.5).float()
        tp += (said * tags).sum().item()
        fp += (said * (1 - tags)).sum().item()
        fn += ((1 - said) * tags).sum().item()
print(f"FINAL f1={2 * tp / max(2 * tp + fp + fn, 1):.4f}")
