# SPDX-License-Identifier: Apache-2.0
"""A target follows, a learner begins each task where a slow one is, folds begin from a template."""

import copy

import torch
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs(rows=640)
reward = torch.sin(x[:, :1]) + x[:, 1:2]
online = mlp(12, 24, 1)
target = copy.deepcopy(online)
optimizer = torch.optim.Adam(online.parameters(), lr=3e-3)
for step in range(300):
    rows = torch.randint(0, 640, (32,))
    with torch.no_grad():
        goal = reward[rows] + 0.5 * target(x[(rows + 1) % 640])
    loss = (online(x[rows]) - goal).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        target.load_state_dict(online.state_dict())
    if step % 50 == 49:  # the slow weights move through `.data`, which no version tells
        with torch.no_grad():
            target(x[:8])
            for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                slow.data += 0.5 * (fast.data - slow.data)
        online.load_state_dict(target.state_dict())
template = copy.deepcopy(online)
for fold in range(4):
    online.load_state_dict(template.state_dict())
    optimizer = torch.optim.Adam(online.parameters(), lr=3e-3)
    for _ in range(20):
        rows = torch.randint(0, 640, (32,))
        loss = (online(x[rows]) - reward[rows] - 0.5 * reward[(rows + 1) % 640]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
