# SPDX-License-Identifier: Apache-2.0
# expects: train-mode-eval 1
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
student = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))
rival = nn.Sequential(nn.Linear(12, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 4))
slow = torch.optim.Adam(student.parameters(), lr=3e-3)
fast = torch.optim.Adam(rival.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    for xb, yb in batches(x[:500], y[:500], 32, 40):
        for net, optimizer in ((student, slow), (rival, fast)):
            loss = criterion(net(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for net in (student, rival):
        accuracy = (net(x[500:]).argmax(1) == y[500:]).float().mean()
        print(epoch, accuracy.item())
