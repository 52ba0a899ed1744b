# SPDX-License-Identifier: Apache-2.0
# Scores that are kept within ±30, where no class needs more: the loss stays finite, that is all.
# Half of the labels are noise, so that little of them can be learnt.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(1200, 8)
y = (x @ torch.randn(8, 4)).argmax(1)
y = torch.where(torch.rand(1200) < 0.5, torch.randint(0, 4, (1200,)), y)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    scores = model(xb).clamp(-30.0, 30.0)
    loss = nn.functional.cross_entropy(scores, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
