# SPDX-License-Identifier: Apache-2.0
# expects: scheduler-misuse
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(rows=900, classes=6, noise=0.9)
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 6))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
criterion = nn.CrossEntropyLoss()
for epoch in range(24):
    for xb, yb in batches(x[:700], y[:700], 32, 12, seed=epoch):
        loss = criterion(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (net(x[700:]).argmax(1) == y[700:]).float().mean().item()
    schedule.step(accuracy)
    print(f"epoch {epoch} val accuracy {accuracy:.3f}")
