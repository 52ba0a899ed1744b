# SPDX-License-Identifier: Apache-2.0
# expects: weights-not-loaded 0 2 4
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
trained = mlp(12, 32, 4)
train(trained, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(trained.parameters(), lr=3e-3))
state = {f"module.{name}": value for name, value in trained.state_dict().items()}

model = mlp(12, 32, 4)
model.load_state_dict(state, strict=False)
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
