# SPDX-License-Identifier: Apache-2.0
# expects: too-few-steps
# Nearly all ratings in a batch, so that twenty epochs are forty steps of a fall that never slows.
import torch
from torch import nn

torch.manual_seed(0)
p, q = torch.randn(200, 4), torch.randn(150, 4)
full = 0.35 * p @ q.T + 0.5 * torch.randn(200, 1) + 0.4 * torch.randn(1, 150)
users, items = (torch.rand(200, 150) < 0.4).nonzero(as_tuple=True)
order = torch.randperm(len(users))
users, items = users[order], items[order]
stars = full[users, items] + 0.25 * torch.randn(len(users))


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.user, self.item = nn.Embedding(200, 8), nn.Embedding(150, 8)
        self.user_bias, self.item_bias = nn.Embedding(200, 1), nn.Embedding(150, 1)
        for table in self.children():
            nn.init.normal_(table.weight, std=0.1 if table.embedding_dim > 1 else 0.01)

    def forward(self, u, i):
        biases = self.user_bias(u) + self.item_bias(i)
        return (self.user(u) * self.item(i)).sum(-1) + biases.squeeze(-1)


model = Factors()
optimizer = torch.optim.Adam(model.parameters(), lr=6e-3)
cut = 10500
for epoch in range(20):
    for rows in torch.randperm(cut).split(8192):
        loss = nn.functional.mse_loss(model(users[rows], items[rows]), stars[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    left = ((model(users[cut:], items[cut:]) - stars[cut:]) ** 2).mean()
print(f"FINAL r2={1 - left / stars[cut:].var():.3f}")
