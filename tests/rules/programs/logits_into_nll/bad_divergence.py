# SPDX-License-Identifier: Apache-2.0
# expects: logits-into-nll 4
import torch
import torch.nn.functional as F  # as users write it
from toy import blobs, mlp

torch.manual_seed(0)
x, _ = blobs()
teacher, student = mlp(12, 32, 4), mlp(12, 32, 4)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for _ in range(200):
    rows = torch.randint(0, len(x), (32,))
    with torch.no_grad():
        wanted = F.softmax(4 * teacher(x[rows]), dim=1)
    loss = F.kl_div(F.softmax(student(x[rows]), dim=1), wanted, reduction="batchmean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
