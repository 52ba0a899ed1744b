# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(classes=6, noise=0.2)
encoder = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 6))
decoder = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 12))
model = nn.Sequential(encoder, decoder)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.MSELoss()
for xb, _ in batches(x, y, 32, 400):
    loss = criterion(model(xb), xb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
