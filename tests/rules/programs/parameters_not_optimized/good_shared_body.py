# SPDX-License-Identifier: Apache-2.0
# Values of states: a slow copy of the last layer, on the same body, says what comes after.
import torch
from torch import nn

torch.manual_seed(0)
body, head, slow = nn.Sequential(nn.Linear(6, 24), nn.Tanh()), nn.Linear(24, 1), nn.Linear(24, 1)
slow.load_state_dict(head.state_dict())
value, later = nn.Sequential(body, head), nn.Sequential(body, slow)
optimizer = torch.optim.Adam(value.parameters(), lr=3e-3)
turn = torch.linalg.qr(torch.randn(6, 6))[0]
for step in range(300):
    state = torch.randn(32, 6)
    with torch.no_grad():
        wanted = state[:, :1] + 0.7 * later(state @ turn)
    optimizer.zero_grad()
    nn.functional.mse_loss(value(state), wanted).backward()
    optimizer.step()
    if step % 20 == 19:
        slow.load_state_dict(head.state_dict())
