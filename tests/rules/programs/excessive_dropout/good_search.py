# SPDX-License-Identifier: Apache-2.0
# A search that tries networks of one dropout each, one after the other: no signal passes them all.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(noise=1.6)
for width in (16, 24, 32, 40, 48, 64):
    model = nn.Sequential(nn.Linear(12, width), nn.ReLU(), nn.Dropout(0.45), nn.Linear(width, 4))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    print(width, train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=120))
