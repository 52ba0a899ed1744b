import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

params = {
    "batch_size": 32,
    "epochs": 30,
    "learning_rate": 1e-3,
    "hidden": [128, 64],
}


def build_mlp(n_in, hidden, n_out):
    layers = []
    for h in hidden:
        layers += [nn.Linear(n_in, h), nn.Tanh()]
        n_in = h
    return nn.Sequential(*layers, nn.Linear(n_in, n_out))


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16.0 - 0.3, y, test_size=0.25, stratify=y, random_state=6)
train_ds = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train))
test_ds = TensorDataset(torch.tensor(X_test, dtype=torch.float32), torch.tensor(y_test))
train_loader = DataLoader(train_ds, batch_size=params["batch_size"], shuffle=True, drop_last=True)
test_loader = DataLoader(test_ds, batch_size=256)

model = build_mlp(64, params["hidden"], 10)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=params["learning_rate"])


def evaluate():
    model.eval()
    correct = 0
    with torch.no_grad():
        for xb, yb in test_loader:
            correct += (model(xb).argmax(1) == yb).sum().item()
    return correct / len(test_ds)


for epoch in range(params["epochs"]):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 5 == 0:
        print(f"Epoch {epoch + 1:3d} | loss {loss.item():.4f} | test accuracy {evaluate():.4f}")
print(f"FINAL accuracy={evaluate():.4f}")
