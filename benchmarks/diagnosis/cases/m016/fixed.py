import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def scenes(n, size=16):
    """Eight kinds of colour scene, stored as bytes like a photograph."""
    pics = rng.integers(60, 150, size=(n, 3, size, size)).astype(float)
    kinds = rng.integers(0, 8, n)
    ys, xs = np.mgrid[:size, :size]
    for pic, kind in zip(pics, kinds):
        phase, amp = rng.uniform(0, 6.3), rng.uniform(25, 50)
        angle, freq = (kind % 4) * np.pi / 4, (0.7, 1.3)[kind // 4]
        wave = np.sin(freq * (xs * np.cos(angle) + ys * np.sin(angle)) + phase)
        pic += amp * wave * rng.uniform(0.3, 1.0, size=(3, 1, 1))
    pics = pics + rng.uniform(-30, 60, size=(n, 1, 1, 1))
    return torch.tensor(pics.clip(0, 255).astype(np.uint8)).float() / 127.5 - 1, torch.tensor(kinds)


train_x, train_y = scenes(2500)
test_x, test_y = scenes(600)
train_loader = DataLoader(TensorDataset(train_x, train_y), batch_size=250, shuffle=True)


class SceneNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(128, 96), nn.ReLU(), nn.Dropout(0.3), nn.Linear(96, 8))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")

    def forward(self, x):
        return self.classifier(self.features(x))


net = SceneNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(12):
    net.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        val_loss = criterion(net(test_x), test_y).item()
    print(f"{epoch + 1:2d} loss {total / len(train_loader):.3f} val_loss {val_loss:.3f}")

with torch.no_grad():
    accuracy = (net(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
