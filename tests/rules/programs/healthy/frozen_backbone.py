# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
backbone = mlp(12, 64, 32, depth=1)
pretrain = nn.Sequential(backbone, nn.ReLU(), nn.Linear(32, 4))
train(pretrain, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(pretrain.parameters(), lr=3e-3))
for parameter in backbone.parameters():
    parameter.requires_grad = False
model = nn.Sequential(backbone, nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(model[2].parameters(), lr=1e-2)
train(model, x, y // 2, nn.CrossEntropyLoss(), optimizer)
