# SPDX-License-Identifier: Apache-2.0
# A norm of each channel over its own positions, and one of few features.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(features=16)
model = nn.Sequential(
    *(nn.Unflatten(1, (1, 16)), nn.Conv1d(1, 8, 3, padding=1), nn.GroupNorm(8, 8), nn.ReLU()),
    *(nn.Flatten(), nn.Linear(128, 3), nn.LayerNorm(3), nn.Linear(3, 4)),
)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-2), 300)
