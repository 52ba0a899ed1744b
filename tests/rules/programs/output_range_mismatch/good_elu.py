# SPDX-License-Identifier: Apache-2.0
# Scores that pass an ELU keep a gradient below zero; a graph attention network has it so.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(rows=2000)
y = torch.where(torch.rand(2000) < 0.3, torch.randint(0, 4, (2000,)), y)
model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4), nn.ELU())
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 300, 64)
