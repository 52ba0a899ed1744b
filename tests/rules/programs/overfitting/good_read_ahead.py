# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600)
fit = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=2, shuffle=True)
held_out = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=80)


def one_ahead(loader):
    """The next batch is fetched before the present one is used, as Accelerate does."""
    batches = iter(loader)
    present = next(batches)
    for following in batches:
        yield present
        present = following
    yield present


model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for xb, yb in one_ahead(fit):
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum(int((model(xb).argmax(1) == yb).sum()) for xb, yb in one_ahead(held_out))
    print(f"epoch {epoch}: accuracy {right / 200:.3f}")
