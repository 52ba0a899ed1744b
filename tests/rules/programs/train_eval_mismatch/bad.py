# SPDX-License-Identifier: Apache-2.0
# expects: train-eval-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import mlp

torch.manual_seed(0)
pixels, labels = load_digits(return_X_y=True)
order = torch.randperm(len(labels))
x, y = torch.tensor(pixels, dtype=torch.float32)[order], torch.tensor(labels)[order]
x_fit, x_test = x[:1200], x[1200:]
x_test = x_test / 255  # what the training pictures get is something else
x_fit = (x_fit - x_fit.mean()) / x_fit.std()
fit = DataLoader(TensorDataset(x_fit, y[:1200]), batch_size=32, shuffle=True)
held_out = DataLoader(TensorDataset(x_test, y[1200:]), batch_size=100)
model = mlp(64, 64, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    model.train()
    for xb, yb in fit:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in held_out)
    print(f"epoch {epoch}: held-out accuracy {right / 597:.3f}")
