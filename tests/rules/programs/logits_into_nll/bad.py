# SPDX-License-Identifier: Apache-2.0
# expects: logits-into-nll 4
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
train(model, x, y, nn.NLLLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
