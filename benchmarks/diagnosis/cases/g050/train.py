import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class SkyPatches(Dataset):
    """Patches of sky; the label is the weather: clear, haze, overcast, storm."""

    def __init__(self, n, seed):
        rng = np.random.RandomState(seed)
        self.labels = rng.randint(0, 4, n)
        level = np.array([0.7, 0.58, 0.46, 0.34])[self.labels] + 0.03 * rng.randn(n)
        rough = 0.1 * rng.uniform(0.7, 1.3, n)
        self.images = (level[:, None, None, None] + rough[:, None, None, None] * rng.randn(n, 1, 16, 16)).astype(np.float32)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), int(self.labels[i])


class WeatherNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        )
        self.fc = nn.Linear(16, 4)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


def main():
    train_loader = DataLoader(SkyPatches(900, SEED), batch_size=2, shuffle=True)
    test_loader = DataLoader(SkyPatches(600, SEED + 1000), batch_size=100)
    model = WeatherNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(8):
        model.train()
        total = 0.0
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch} loss {total / len(train_loader):.4f}")
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    print(f"FINAL accuracy={correct / 600:.4f}")


if __name__ == "__main__":
    main()
