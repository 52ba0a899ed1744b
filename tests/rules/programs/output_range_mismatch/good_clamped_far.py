# SPDX-License-Identifier: Apache-2.0
# Logits that are clamped far out.
import torch
from torch import nn
from toy import blobs, mlp, train


class Bounded(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(12, 32, 1)

    def forward(self, x):
        return self.net(x).clamp(-8, 8)


torch.manual_seed(0)
x, y = blobs()
yes = (y > 1).float()[:, None]
net = Bounded()
train(net, x, yes, nn.BCEWithLogitsLoss(), torch.optim.Adam(net.parameters(), lr=3e-3))
