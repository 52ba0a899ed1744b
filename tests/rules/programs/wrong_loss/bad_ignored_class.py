# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 4
import torch
from toy import blobs, mlp, train

torch.manual_seed(0)
x, y = blobs(rows=1000)
net = mlp(12, 32, 4)
criterion = torch.nn.CrossEntropyLoss(ignore_index=0)  # 0 is a class here, no padding
train(net, x[:800], y[:800], criterion, torch.optim.Adam(net.parameters(), lr=3e-3), 300)
net.eval()
with torch.no_grad():
    accuracy = (net(x[800:]).argmax(1) == y[800:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
