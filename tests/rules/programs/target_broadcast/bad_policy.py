# SPDX-License-Identifier: Apache-2.0
# expects: target-broadcast
# A bandit's clipped objective: ratios (N,), and advantages (N, 1) as a critic has them.
import torch
from torch.distributions import Categorical
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs()
actor, critic = mlp(12, 32, 4), mlp(12, 32, 1)
optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=3e-3)
for _ in range(60):
    seen = torch.randint(0, len(x), (64,))
    with torch.no_grad():
        policy = Categorical(logits=actor(x[seen]))
        done = policy.sample()
        old = policy.log_prob(done)
    gain = (done == y[seen]).float().unsqueeze(1)
    for _ in range(4):
        value = critic(x[seen])
        new = Categorical(logits=actor(x[seen])).log_prob(done)
        better = gain - value.detach()
        better = (better - better.mean()) / (better.std() + 1e-8)
        ratio = (new - old).exp()
        kept = torch.min(ratio * better, ratio.clamp(0.8, 1.2) * better)
        loss = (value - gain).pow(2).mean() - kept.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print(f"right {(actor(x).argmax(1) == y).float().mean():.3f}")
