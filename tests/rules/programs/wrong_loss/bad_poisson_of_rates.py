# SPDX-License-Identifier: Apache-2.0
# expects: wrong-loss 2 3
import torch
from torch import nn
from toy import curve, train

torch.manual_seed(0)
x, y = curve(rows=1000)
counts = torch.poisson(torch.exp(y.clamp(-2, 2)))
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Softplus())
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
train(net, x[:800], counts[:800], nn.PoissonNLLLoss(), optimizer, 300)
with torch.no_grad():
    rest = counts[800:]
    r2 = 1 - ((net(x[800:]) - rest) ** 2).mean() / rest.var()
print(f"test r2 {r2:.3f}")
