# SPDX-License-Identifier: Apache-2.0
# A teacher in evaluation mode, asked without gradients after its student's forward.
import torch
from torch import nn
from torch.nn import functional
from toy import batches, blobs


def net(width, p):
    return nn.Sequential(nn.Linear(12, width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, 4))


torch.manual_seed(0)
x, y = blobs()
teacher, student = net(64, 0.3), net(16, 0.0)
optimizer = torch.optim.Adam(teacher.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 120):
    loss = functional.cross_entropy(teacher(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
teacher.eval().requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    out = student(xb)
    with torch.no_grad():
        told = teacher(xb).softmax(1)
    soft = functional.kl_div(out.log_softmax(1), told, reduction="batchmean")
    loss = 0.5 * soft + 0.5 * functional.cross_entropy(out, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
