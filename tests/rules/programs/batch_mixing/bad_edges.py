# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing
# Graphs are laid end to end, and their edges are not moved.
import torch
from torch import nn


class Net(nn.Module):
    """Sums what the neighbours say, and then each graph's nodes."""

    def __init__(self):
        super().__init__()
        self.own, self.near = nn.Linear(3, 24), nn.Linear(3, 24)
        self.out = nn.Linear(24, 2)

    def forward(self, x, edges, owner, graphs):
        said = self.near(x).index_select(0, edges[0])
        place = edges[1].unsqueeze(1).expand_as(said)
        heard = torch.zeros(len(x), 24).scatter_add_(0, place, said)
        pooled = torch.zeros(graphs, 24).index_add(0, owner, (self.own(x) + heard).relu())
        return self.out(pooled)


def graph():
    """Coloured nodes; edges join equal colours or unequal ones. The last node has none."""
    kind, colour = int(torch.randint(2, ())), torch.randint(0, 3, (9,))
    ends = torch.randint(0, 8, (2, 200))
    fits = ((colour[ends[0]] == colour[ends[1]]) == bool(kind)) & (ends[0] != ends[1])
    ends = ends[:, fits][:, :12]
    return torch.eye(3)[colour], torch.cat([ends, ends.flip(0)], dim=1), kind


torch.manual_seed(0)
graphs = [graph() for _ in range(200)]
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for chosen in torch.randint(0, 200, (200, 16)):
    x, edges, kind = zip(*(graphs[i] for i in chosen), strict=True)
    ends = torch.cat(edges, dim=1)
    owner = torch.arange(16).repeat_interleave(9)
    scores = model(torch.cat(x), ends, owner, 16)
    loss = nn.functional.cross_entropy(scores, torch.tensor(kind))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
