# SPDX-License-Identifier: Apache-2.0
# expects: eval-mode-training 2
import torch
from torch import nn
from torch.nn import functional
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(noise=1.5)
teacher = mlp(12, 32, 4).eval().requires_grad_(False)
student = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 4))
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, y, 32, 200)):
    if step == 40:
        student.eval()  # for a validation that has gone since
    out = student(xb)
    with torch.no_grad():
        told = teacher(xb).softmax(1)
    soft = functional.kl_div(out.log_softmax(1), told, reduction="batchmean")
    loss = 0.1 * soft + functional.cross_entropy(out, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
