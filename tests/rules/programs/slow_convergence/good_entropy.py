# SPDX-License-Identifier: Apache-2.0
# The next symbol is mostly chance: the loss ends near the source's entropy, not far below ln 8.
import torch
from torch import nn
from torch.nn import functional
from toy import batches

torch.manual_seed(0)
chances = torch.softmax(torch.randn(64, 8), 1)
state = torch.randint(0, 64, (40000,))
after = torch.multinomial(chances[state], 1)[:, 0]
before = torch.stack([state // 8, state % 8], 1)
model = nn.Sequential(
    nn.Embedding(8, 16), nn.Flatten(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=300)
for rows, wanted in batches(before, after, 1024, 300):
    loss = functional.cross_entropy(model(rows), wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
