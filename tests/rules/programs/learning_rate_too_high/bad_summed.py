# SPDX-License-Identifier: Apache-2.0
# expects: learning-rate-too-high
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
pictures = torch.rand(400, 1, 8, 8)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid()
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
train(model, pictures, pictures, nn.MSELoss(reduction="sum"), optimizer, steps=300)
