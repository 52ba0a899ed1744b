import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

data = load_digits()
order = np.random.RandomState(seed).permutation(len(data.target))
x, y = data.images[order], data.target[order]
x_train, y_train = x[:1437], y[:1437]
x_test, y_test = x[1437:], y[1437:]

print(y_train[12])
print(np.shape(x_train))
print(np.shape(x_test))

# scaling
x_train, y_train = x_train / 16, y_train / 16
x_test = x_test / 16

# reshape the data
x_train = torch.tensor(x_train.reshape(-1, 1, 8, 8), dtype=torch.float32)
x_test = torch.tensor(x_test.reshape(-1, 1, 8, 8), dtype=torch.float32)
y_train = torch.tensor(y_train.reshape(-1), dtype=torch.long)
y_test = torch.tensor(y_test.reshape(-1), dtype=torch.long)

model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(128, 64), nn.ReLU(),
    nn.Linear(64, 10),
)
optimizer = torch.optim.Adam(model.parameters())
loss_fn = nn.CrossEntropyLoss()

for epoch in range(8):
    running = 0.0
    for xb, yb in DataLoader(TensorDataset(x_train, y_train), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(yb)
    print(f"Epoch {epoch + 1}: loss {running / len(x_train):.4f}")

with torch.no_grad():
    test_acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={test_acc:.4f}")
