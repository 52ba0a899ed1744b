# SPDX-License-Identifier: Apache-2.0
# expects: learning-rate-too-low
"""The filter names a part that this model does not have, so that all take the small steps."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=400)
model = mlp(12, 32, 4)
head = [p for name, p in model.named_parameters() if name.startswith("classifier")]
body = [p for name, p in model.named_parameters() if not name.startswith("classifier")]
optimizer = torch.optim.AdamW([{"params": body}, {"params": head, "lr": 1e-2}], lr=3e-6)
criterion = nn.CrossEntropyLoss()
for _ in range(8):
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        criterion(model(x[rows]), y[rows]).backward()
        optimizer.step()
