# SPDX-License-Identifier: Apache-2.0
# expects: learning-rate-too-low
# A search among rates of which none is large enough: even the best network hardly moves.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs()
for rate in (3e-5, 1e-4, 1e-5):
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    print(rate, train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=200))
