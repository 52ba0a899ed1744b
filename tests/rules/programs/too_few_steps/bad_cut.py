# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs

torch.manual_seed(0)
x, y = blobs(rows=2500, classes=8, noise=1.1)
loader = DataLoader(TensorDataset(x[:2000], y[:2000]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 8))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    for number, (xb, yb) in enumerate(loader):
        if number == 4:
            break
        loss = criterion(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[2000:]).argmax(1) == y[2000:]).float().mean()
    net.train()
    print(f"epoch {epoch} val accuracy {accuracy:.3f}")
