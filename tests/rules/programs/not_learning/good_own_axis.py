# SPDX-License-Identifier: Apache-2.0
# A language model whose loss picks the log probabilities itself, along the last of three axes: the
# classes are 30 tokens, not 6 places. Every second token is a random one.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
tokens, places = 30, 6
x = torch.randint(0, tokens, (600, places))
y = torch.where(torch.rand(x.shape) < 0.5, (x + 7) % tokens, torch.randint(0, tokens, x.shape))
model = nn.Sequential(nn.Embedding(tokens, 32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, tokens))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    shares = model(xb).log_softmax(-1)
    loss = -shares.gather(-1, yb[..., None]).squeeze(-1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
