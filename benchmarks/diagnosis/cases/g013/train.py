import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
shapes = (np.random.RandomState(7).rand(16, 7, 7) < 0.45).astype(np.float32)


def signs(n, size=12):
    labels = np.random.randint(0, 16, n)
    images = 0.35 * np.random.randn(n, 1, size, size).astype(np.float32)
    for i, c in enumerate(labels):
        r, s = np.random.randint(0, size - 7 + 1, 2)
        images[i, 0, r:r + 7, s:s + 7] += 1.2 * shapes[c]
    return torch.from_numpy(images), torch.from_numpy(labels)


train_loader = DataLoader(TensorDataset(*signs(4000)), batch_size=50, shuffle=True)
test_x, test_y = signs(800)

model = nn.Sequential()
model.add_module("conv1", nn.Conv2d(1, 16, 3))
model.add_module("relu1", nn.ReLU())
model.add_module("conv2", nn.Conv2d(16, 32, 3))
model.add_module("relu2", nn.ReLU())
model.add_module("pool", nn.MaxPool2d(2))
model.add_module("flatten", nn.Flatten())
model.add_module("dense1", nn.Linear(32 * 4 * 4, 64))
model.add_module("relu3", nn.ReLU())
model.add_module("dense2", nn.Linear(64, 16))
model.add_module("act", nn.Sigmoid())

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for epoch in range(7):
    model.train()
    loss_sum = hits = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        out = model(x)
        loss = criterion(out, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        hits += (out.argmax(1) == y).sum().item()
    print(f"Epoch {epoch + 1}: loss={loss_sum / 4000:.4f} acc={hits / 4000:.4f}")

model.eval()
with torch.no_grad():
    accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
