# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
with torch.no_grad():
    votes = torch.stack([model(x[500:]).softmax(1) for _ in range(20)])
print(votes.mean(0).max(1).values.mean(), votes.std(0).mean())
