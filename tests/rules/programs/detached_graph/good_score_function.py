# SPDX-License-Identifier: Apache-2.0
# An encoder that learns from the probability of the code it drew, not through the code.
import torch
from torch import nn
from torch.distributions import Normal
from toy import batches, blobs, mlp


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = mlp(12, 32, 3)
        self.decode = mlp(3, 32, 12)

    def forward(self, x):
        code = Normal(self.encode(x), 0.3)
        drawn = code.sample()
        return self.decode(drawn), code.log_prob(drawn).sum(1)


torch.manual_seed(0)
x, y = blobs()
model = Coder()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, _ in batches(x, y, 64, 300):
    rebuilt, chosen = model(xb)
    error = ((rebuilt - xb) ** 2).mean(1)
    loss = error.mean() + 0.3 * ((error - error.mean()).detach() * chosen).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
