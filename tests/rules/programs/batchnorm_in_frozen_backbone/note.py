# SPDX-License-Identifier: Apache-2.0
# A loaded, frozen backbone whose batch norms were left in training mode.
import torch
from torch import nn
from toy import blobs, train


def backbone():
    return nn.Sequential(
        nn.Linear(12, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Linear(32, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
    )


torch.manual_seed(0)
x, y = blobs()
stored = backbone().state_dict()  # of an earlier training, as read from a file

body = backbone()
body.load_state_dict(stored)
body.requires_grad_(False)
model = nn.Sequential(body, nn.Linear(32, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model[1].parameters(), lr=1e-2))
