# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-small user item
import torch
from torch import nn

torch.manual_seed(0)
taste, kind = torch.randn(60, 3), torch.randn(40, 3)


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.user = nn.Embedding(60, 8)
        self.item = nn.Embedding(40, 8)
        for table in (self.user, self.item):
            nn.init.uniform_(table.weight, -1e-5, 1e-5)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(1)


model = Factors()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for _ in range(400):
    u, i = torch.randint(0, 60, (64,)), torch.randint(0, 40, (64,))
    loss = nn.functional.mse_loss(model(u, i), (taste[u] * kind[i]).sum(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
