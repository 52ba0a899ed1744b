# SPDX-License-Identifier: Apache-2.0
# expects: inputs-not-normalized 0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
x = nn.functional.normalize(x + 60.0, dim=1)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=400)
