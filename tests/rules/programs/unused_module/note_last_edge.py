# SPDX-License-Identifier: Apache-2.0
# The last layer's edges would go to a next layer that is not there, and are not computed.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.node = nn.Linear(16, 8)
        self.edge = nn.Linear(16, 8)

    def forward(self, nodes, edges, last):
        nodes = nodes + torch.relu(self.node(torch.cat([nodes, edges], -1)))
        if not last:
            edges = edges + torch.relu(self.edge(torch.cat([nodes, edges], -1)))
        return nodes, edges


class Messages(nn.Module):
    def __init__(self):
        super().__init__()
        self.nodes = nn.Linear(1, 8)
        self.edges = nn.Linear(1, 8)
        self.layers = nn.ModuleList(Layer() for _ in range(3))
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        nodes, edges = self.nodes(x[..., None]), self.edges(x.roll(1, 1)[..., None])
        for k, layer in enumerate(self.layers):
            nodes, edges = layer(nodes, edges, k == 2)
        return self.out(nodes.flatten(1))


model = Messages()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for xb, yb in batches(x, y, 32, 200):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
