# SPDX-License-Identifier: Apache-2.0
# expects: double-softmax 2 3
# The loop makes the distribution, of an actor's shares; a clipped ratio and an entropy are the loss.
import torch
from torch import nn
from torch.distributions import Categorical
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(classes=5)
net = nn.ModuleDict(
    {
        "actor": nn.Sequential(nn.Linear(12, 32), nn.Tanh(), nn.Linear(32, 5), nn.Softmax(-1)),
        "critic": mlp(12, 32, 1),
    }
)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 150):
    with torch.no_grad():
        before = Categorical(logits=net["actor"](xb))
        action = before.sample()
        old = before.log_prob(action)
    reward = (action == yb).float()
    for _ in range(2):
        dist, value = Categorical(logits=net["actor"](xb)), net["critic"](xb).squeeze(1)
        gain = reward - value.detach()
        ratio = (dist.log_prob(action) - old).exp()
        loss = -torch.min(ratio * gain, ratio.clamp(0.8, 1.2) * gain).mean()
        loss = loss + 0.5 * (value - reward).square().mean() - 0.01 * dist.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
