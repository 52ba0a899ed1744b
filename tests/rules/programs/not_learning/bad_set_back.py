# SPDX-License-Identifier: Apache-2.0
# expects: not-learning
"""The slow copy is copied over the network that learns, where the learnt one was to be its source."""

import copy

import torch
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=640)
reward = torch.sin(x[:, :1]) + x[:, 1:2]
online = mlp(12, 24, 1)
target = copy.deepcopy(online)
optimizer = torch.optim.Adam(online.parameters(), lr=1e-3)
for step in range(200):
    rows = torch.randint(0, 640, (32,))
    with torch.no_grad():
        goal = reward[rows] + 0.5 * target(x[(rows + 1) % 640])
    loss = (online(x[rows]) - goal).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        online.load_state_dict(target.state_dict())
