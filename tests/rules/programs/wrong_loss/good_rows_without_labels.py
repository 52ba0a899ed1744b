# SPDX-License-Identifier: Apache-2.0
# Rows whose label is not known are 0, which no row of the evaluation is.
import torch
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=1000)
y = y + 1
known = torch.where(torch.rand(800) < 0.4, 0, y[:800])
net = mlp(12, 32, 5)
criterion = torch.nn.CrossEntropyLoss(ignore_index=0)
train(net, x[:800], known, criterion, torch.optim.Adam(net.parameters(), lr=3e-3), 300)
net.eval()
with torch.no_grad():
    accuracy = (net(x[800:]).argmax(1) == y[800:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
