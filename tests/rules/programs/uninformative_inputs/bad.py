# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
pixels = (x * 40 + 128).clamp(0, 255).to(torch.uint8)
x = (pixels // 255).float()  # whole-number division: nothing is left
model = mlp(12, 32, 4)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3))
