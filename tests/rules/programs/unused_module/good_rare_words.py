# SPDX-License-Identifier: Apache-2.0
# An adaptive softmax calls the parts that the words of a batch need: no word is a rare one.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs(classes=60, noise=2.0)
body = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
head = nn.AdaptiveLogSoftmaxWithLoss(32, 100, cutoffs=[20, 60], div_value=4.0)
model = nn.ModuleList([body, head])
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 300):
    loss = head(body(xb), yb).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
