# SPDX-License-Identifier: Apache-2.0
# expects: updates-lost-to-rounding 0 2
import torch
from torch import nn
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(classes=6, noise=1.0)
model = mlp(12, 64, 6).bfloat16()
with torch.no_grad():
    for layer in (model[0], model[2], model[4]):
        layer.weight.add_(torch.sign(layer.weight) * 0.05)
train(
    model,
    x.bfloat16(),
    y,
    nn.CrossEntropyLoss(),
    torch.optim.SGD(model.parameters(), lr=1e-3),
)
