# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch net.4
# Each score is cut off to what a share can be, and taken for a logit.
import torch
from torch import nn
from toy import blobs, mlp, train


class Tags(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(12, 32, 3)

    def forward(self, x):
        return self.net(x).clamp(0, 1)


torch.manual_seed(0)
x, _ = blobs()
tags = (x[:, :3] + x[:, 3:6] > 0).float()
model = Tags()
train(model, x, tags, nn.BCEWithLogitsLoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 300)
