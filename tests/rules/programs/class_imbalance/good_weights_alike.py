# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import mlp, train

torch.manual_seed(0)
generator = torch.Generator().manual_seed(1)
x = torch.randn(1200, 10, generator=generator)
rare = torch.rand(1200, generator=generator) < 0.06
x[rare, 0] += 5.0
model = mlp(10, 16, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss(weight=torch.ones(2))
train(model, x, rare.long(), criterion, optimizer, steps=300)
