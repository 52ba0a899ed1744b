# SPDX-License-Identifier: Apache-2.0
# A random network that is to be copied, and one that judges: both have gradients, neither learns.
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
target, judge = mlp(8, 16, 8), mlp(8, 16, 4)
student = mlp(8, 64, 8)
optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)
for xb, _ in batches(x, y, 32, 200):
    wanted, found = target(xb), student(xb)
    loss = nn.functional.mse_loss(found, wanted) + nn.functional.mse_loss(
        judge(found), judge(wanted)
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
