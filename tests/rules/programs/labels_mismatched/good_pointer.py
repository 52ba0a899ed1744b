# SPDX-License-Identifier: Apache-2.0
# Sequences, time first: the network points to a place of each, and is asked for shares of places.
import torch
from toy import mlp

torch.manual_seed(0)
x = torch.randn(9, 600, 12)
wanted = (2 * x[..., 0] + x[..., 1]).softmax(0)
model = mlp(12, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for rows in torch.randint(0, 600, (200, 32)):
    scores = model(x[:, rows]).squeeze(-1)
    loss = torch.nn.functional.kl_div(scores.log_softmax(0), wanted[:, rows], reduction="sum") / 32
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
