# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing 4
# Embeddings are divided by their norm over the batch, and then compared row by row.
import torch
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
net = mlp(8, 48, 16)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, _ in batches(x, y, 64, 200):
    one, other = (net(xb + 0.1 * torch.randn_like(xb)) for _ in range(2))
    one, other = one / one.norm(dim=0), other / other.norm(dim=0)
    likeness = torch.einsum("nd,md->nm", one, other) / 0.2
    loss = torch.nn.functional.cross_entropy(likeness, torch.arange(len(xb)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
