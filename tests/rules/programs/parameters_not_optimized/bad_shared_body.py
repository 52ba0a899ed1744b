# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized
# A body is trained to give back its inputs; then with a classifier, of which it alone is optimized.
import torch
from torch import nn
from toy import batches, blobs, train

torch.manual_seed(0)
x, y = blobs()
body, back = nn.Sequential(nn.Linear(12, 16), nn.ReLU()), nn.Linear(16, 12)
first = nn.Sequential(body, back)
optimizer = torch.optim.Adam(first.parameters(), lr=3e-3)
for xb, _ in batches(x, y, 32, 60):
    optimizer.zero_grad()
    nn.functional.mse_loss(first(xb), xb).backward()
    optimizer.step()
model = nn.Sequential(body, nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4))
optimizer = torch.optim.SGD(model[0].parameters(), lr=0.02)
train(model, x, y, nn.CrossEntropyLoss(), optimizer)
