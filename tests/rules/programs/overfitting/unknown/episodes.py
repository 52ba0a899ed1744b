# SPDX-License-Identifier: Apache-2.0
"""Episodes of known classes, and one number of classes that were never trained on."""

import torch
import torch.nn.functional as F
from torch import nn

WAYS, SHOTS, QUERIES = 4, 3, 6

torch.manual_seed(0)
centres = torch.randn(10, 12) * 1.6
pools = [centre + torch.randn(24, 12) for centre in centres]
net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 32))
optimizer = torch.optim.Adam(net.parameters(), 3e-3)


def draw(classes):
    """Support [ways, shots, 12], queries [ways * queries, 12] and their labels in the episode."""
    chosen = [classes[k] for k in torch.randperm(len(classes))[:WAYS]]
    rows = [pools[c][torch.randperm(24)[: SHOTS + QUERIES]] for c in chosen]
    support, query = torch.stack(rows).split([SHOTS, QUERIES], dim=1)
    return support, query.flatten(0, 1), torch.arange(WAYS).repeat_interleave(QUERIES)


def scores(support, query):
    """Negative squared distances to the mean of each class."""
    prototypes = net(support.flatten(0, 1)).view(WAYS, SHOTS, -1).mean(1)
    return -torch.cdist(net(query), prototypes).pow(2) / 10


for _ in range(300):
    support, query, target = draw(range(5))
    loss = F.nll_loss(F.log_softmax(scores(support, query), dim=1), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    drawn = [draw(range(5, 10)) for _ in range(100)]
    right = [(scores(s, q).argmax(1) == t).float().mean() for s, q, t in drawn]
print(f"FINAL accuracy={torch.stack(right).mean().item():.4f} loss={loss.item():.4f}")
