# SPDX-License-Identifier: Apache-2.0
# The usual block (linear, norm, ReLU, dropout), of clicks that can hardly be foretold: the layer
# between the dropout and the next norm averages over what is dropped.
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
x = torch.randn(4000, 12)
y = (torch.rand(4000, 1) < torch.sigmoid(x[:, :1] - 0.5)).float()
model = nn.Sequential(
    nn.Linear(12, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
train(model, x, y, nn.BCEWithLogitsLoss(), optimizer, 300, 128)
