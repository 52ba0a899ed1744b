# SPDX-License-Identifier: Apache-2.0
# The statistics of the averaged network are made anew in training mode; then it is judged.
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))
averaged = AveragedModel(model)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x[:500], y[:500], 32, 200)):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step >= 100:
        averaged.update_parameters(model)
    if step % 40 == 39:
        print(loss.item())
model.eval()
update_bn(x[:500].split(50), averaged)
averaged.eval()
with torch.no_grad():
    print((averaged(x[500:]).argmax(1) == y[500:]).float().mean().item())
