# SPDX-License-Identifier: Apache-2.0
# Contrastive: the right one is the first of the candidates, whatever they are.
import torch
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs()
net = mlp(12, 32, 16)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
queue = torch.nn.functional.normalize(torch.randn(64, 16), dim=1)
for xb, _ in batches(x, y, 32, 300):
    q = torch.nn.functional.normalize(net(xb + 0.1 * torch.randn_like(xb)), dim=1)
    with torch.no_grad():
        k = torch.nn.functional.normalize(net(xb + 0.1 * torch.randn_like(xb)), dim=1)
    scores = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], dim=1) / 0.2
    loss = torch.nn.functional.cross_entropy(scores, torch.zeros(len(xb), dtype=torch.long))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    queue = torch.cat([queue[len(k) :], k])
