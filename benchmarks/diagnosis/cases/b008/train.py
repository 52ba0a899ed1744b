import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

data = load_digits()
x = data.images.astype(np.float32)[:, None] / 16
y = data.target
perm = np.random.permutation(len(x))
x, y = x[perm], y[perm]
n_train = 1301
test_x, test_y = x[n_train:], y[n_train:]
# folders on disk are read class by class
by_folder = np.argsort(test_y, kind="stable")
train_ds = torch.utils.data.TensorDataset(torch.tensor(x[:n_train]), torch.tensor(y[:n_train]))
test_ds = torch.utils.data.TensorDataset(torch.tensor(test_x[by_folder]), torch.tensor(test_y[by_folder]))
train_dl = torch.utils.data.DataLoader(train_ds, batch_size=64, shuffle=True)
test_dl = torch.utils.data.DataLoader(test_ds, batch_size=16)

model = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
    nn.Flatten(), nn.Linear(48 * 16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10),
)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_func = nn.CrossEntropyLoss()


def train(epoch):
    running = 0.0
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
        running += loss.item()
    print(f"epoch {epoch}: train loss {running / len(train_dl):.4f}", end="  ")


def test():
    correct, loss = 0, 0.0
    with torch.no_grad():
        for xb, yb in test_dl:
            out = model(xb)
            loss += loss_func(out, yb).item()
            correct += (out.argmax(1) == yb).sum().item()
    print(f"test loss {loss / len(test_dl):.4f} acc {correct / len(test_ds):.4f}")
    return correct / len(test_ds)


for epoch in range(8):
    train(epoch)
    acc = test()
print(f"FINAL accuracy={acc:.4f}")
