# SPDX-License-Identifier: Apache-2.0
# The mean over the tokens that a mask keeps, as a script writes it: less than half of them, and
# another number of them in each batch.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
tokens, places = 30, 10
x = torch.randint(0, tokens, (600, places))
y = torch.where(torch.rand(x.shape) < 0.6, (x + 7) % tokens, torch.randint(0, tokens, x.shape))
model = nn.Sequential(nn.Embedding(tokens, 32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, tokens))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 16, 150):
    mask = (torch.arange(places) >= torch.randint(3, places, (len(xb), 1))).float()
    each = nn.functional.cross_entropy(model(xb).mT, yb, reduction="none")
    loss = (each * mask).sum() / mask.sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
