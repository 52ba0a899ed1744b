# SPDX-License-Identifier: Apache-2.0
# expects: momentum-too-high
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(noise=1.0)
model = mlp(12, 32, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.999)
train(model, x, y, nn.CrossEntropyLoss(), optimizer)
