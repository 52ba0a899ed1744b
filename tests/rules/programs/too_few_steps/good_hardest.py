# SPDX-License-Identifier: Apache-2.0
# The quarter of each batch that is answered worst: no mean, and a constant answer's is not known.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(1600, 8)
y = ((x @ torch.randn(8, 1) / 3 + 0.3 * torch.randn(1600, 1)) > 1.2).float()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x[:1200], y[:1200], 32, 300)):
    each = nn.functional.binary_cross_entropy_with_logits(model(xb), yb, reduction="none")
    loss = each.flatten().topk(8).values.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        with torch.no_grad():
            right = ((model(x[1200:]) > 0.0) == (y[1200:] > 0.5)).float().mean().item()
        print(f"step {step} val acc {right:.4f}")
