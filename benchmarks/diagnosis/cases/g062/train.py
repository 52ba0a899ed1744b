import os
import random
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)


class Compose:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, image):
        for step in self.steps:
            image = step(image)
        return image


class RandomResizedCrop:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, image):
        size = image.shape[-1]
        side = max(3, int(size * random.uniform(*self.scale) ** 0.5))
        r, c = random.randint(0, size - side), random.randint(0, size - side)
        crop = image[None, :, r:r + side, c:c + side]
        return nn.functional.interpolate(crop, size=(size, size), mode="nearest")[0]


class RandomErasing:
    def __init__(self, p, part):
        self.p, self.part = p, part

    def __call__(self, image):
        if random.random() < self.p:
            size = image.shape[-1]
            h = int(size * random.uniform(*self.part))
            r, c = random.randint(0, size - h), random.randint(0, size - h)
            image = image.clone()
            image[:, r:r + h, c:c + h] = 0
        return image


class Letters(Dataset):
    FORMS = ["1110100111101001", "1000100010001111", "1111010001000100", "1001111110011001", "1111100010001111", "1110100111101000"]

    def __init__(self, n, transform=None):
        self.transform = transform
        self.labels = np.random.randint(0, len(self.FORMS), n)
        self.images = []
        for k in self.labels:
            form = np.array([int(b) for b in self.FORMS[k]], dtype=np.float32).reshape(4, 4)
            form = np.kron(form, np.ones((3, 3), dtype=np.float32))
            canvas = 0.3 * np.random.randn(1, 18, 18).astype(np.float32)
            r, c = np.random.randint(0, 7, 2)
            canvas[0, r:r + 12, c:c + 12] += form
            self.images.append(torch.from_numpy(canvas))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        return (self.transform(image) if self.transform else image), int(self.labels[i])


transform = Compose([RandomResizedCrop(scale=(0.02, 0.12)), RandomErasing(p=0.8, part=(0.3, 0.6))])
train_loader = DataLoader(Letters(1200, transform), batch_size=40, shuffle=True)
test_loader = DataLoader(Letters(500), batch_size=100)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Linear(64, 6),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(12):
    model.train()
    total = 0.0
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(train_loader):.4f}")

model.eval()
correct = 0
with torch.no_grad():
    for images, labels in test_loader:
        correct += (model(images).argmax(1) == labels).sum().item()
print(f"FINAL accuracy={correct / 500:.4f}")
