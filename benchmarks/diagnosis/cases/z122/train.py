import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# bring 32 carts to rest at zero at once; state (position, speed), force in [-1, 1]
N, HORIZON, GAMMA, TAU = 32, 40, 0.95, 0.02


def start(n):
    return torch.stack([torch.empty(n).uniform_(-1, 1), torch.empty(n).uniform_(-0.5, 0.5)], 1)


def advance(s, a):
    p, v = s[:, 0], s[:, 1]
    v = 0.98 * v + 0.1 * a[:, 0] + 0.005 * torch.randn(len(s))
    p = p + 0.1 * v * 2
    cost = p.abs() + 0.1 * v.abs() + 0.02 * a[:, 0].pow(2)
    return torch.stack([p, v], 1), -cost


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.q1 = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
        self.q2 = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, s, a):
        x = torch.cat([s, a], 1)
        return self.q1(x).squeeze(1), self.q2(x).squeeze(1)


actor = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Tanh())
critic = Critic()
actor_t, critic_t = copy.deepcopy(actor), copy.deepcopy(critic)
a_opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
c_opt = torch.optim.Adam(critic.parameters(), lr=1e-3)


@torch.no_grad()
def soft_update(target, source):
    for t, s in zip(target.parameters(), source.parameters()):
        t.mul_(1 - TAU).add_(s, alpha=TAU)


@torch.no_grad()
def evaluate():
    torch.manual_seed(4321)
    s, total = start(200), 0.0
    for _ in range(HORIZON):
        s, r = advance(s, actor(s))
        total = total + r
    return total.mean().item()


cap = 20000
S, A, R, S2 = torch.zeros(cap, 2), torch.zeros(cap, 1), torch.zeros(cap), torch.zeros(cap, 2)
filled, s = 0, start(N)
print("untrained", evaluate())
torch.manual_seed(SEED + 1)
for k in range(1200):
    if k % HORIZON == 0:
        s = start(N)
    with torch.no_grad():
        a = (actor(s) + 0.3 * torch.randn(N, 1)).clamp(-1, 1) if k > 20 else torch.empty(N, 1).uniform_(-1, 1)
    s2, r = advance(s, a)
    at = (torch.arange(N) + filled) % cap
    S[at], A[at], R[at], S2[at] = s, a, r, s2
    filled, s = filled + N, s2
    if k < 20:
        continue

    b = torch.randint(0, min(filled, cap), (128,))
    with torch.no_grad():
        an = (actor_t(S2[b]) + (0.2 * torch.randn(128, 1)).clamp(-0.4, 0.4)).clamp(-1, 1)
        target = R[b] + GAMMA * torch.min(*critic_t(S2[b], an))
    q1, q2 = critic(S[b], A[b])
    c_loss = F.mse_loss(q1, target) + F.mse_loss(q2, target)
    c_opt.zero_grad()
    c_loss.backward()
    c_opt.step()
    if k % 2 == 0:
        a_loss = -critic(S[b], actor(S[b]))[0].mean()
        a_opt.zero_grad()
        a_loss.backward()
        a_opt.step()
        soft_update(actor_t, actor)
        soft_update(critic_t, critic)
    if k % 300 == 0:
        print(f"{k}: critic {c_loss.item():.4f} actor {a_loss.item():.4f}")

print(f"FINAL return={evaluate():.4f}")
