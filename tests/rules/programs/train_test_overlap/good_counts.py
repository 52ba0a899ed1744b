# SPDX-License-Identifier: Apache-2.0
# Rows of a few counts among zeros: their pieces are alike by nature, wherever they lie.
import torch
from torch import nn
from toy import mlp

torch.manual_seed(0)
WORDS = 60
topics = torch.rand(3, WORDS).pow(6)
y = torch.randint(3, (900,))
x = torch.poisson(0.4 * topics[y] * WORDS / topics[y].sum(1, keepdim=True) * 4)
model = mlp(WORDS, 32, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(600).split(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(x[600:]).argmax(1) == y[600:]).float().mean().item())
