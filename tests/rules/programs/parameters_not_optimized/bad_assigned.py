# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized 0 2 4
import copy

import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
state = {
    name: 0.1 * torch.randn_like(value) for name, value in copy.deepcopy(model.state_dict()).items()
}
model.load_state_dict(state, assign=True)
train(model, x, y, nn.CrossEntropyLoss(), optimizer, steps=200)
