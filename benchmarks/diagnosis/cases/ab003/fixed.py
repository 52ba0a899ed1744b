import os
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)

# One-step decisions with a skewed pay-off: state in [-1,1]^2, three actions.
N_QUANT, N_ACTIONS = 16, 3


def pay(state, action, noise):
    """noise ~ Exp(1); the spread depends on state and action"""
    base = torch.stack([state[:, 0], -state[:, 0], 0.5 * state[:, 1]], 1).gather(1, action)
    scale = 0.5 + torch.stack([state[:, 1] ** 2, 0 * state[:, 1] + 0.3, state[:, 0] ** 2], 1).gather(1, action)
    return base + scale * noise


class QuantileNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.head_1 = nn.Linear(2, hidden)
        self.ff_1 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, N_ACTIONS * N_QUANT)

    def forward(self, state):
        x = torch.relu(self.head_1(state))
        x = torch.relu(self.ff_1(x))
        return self.out(x).view(-1, N_QUANT, N_ACTIONS)


class Agent:
    def __init__(self):
        self.net = QuantileNet()
        self.optim = torch.optim.Adam(self.net.parameters(), lr=2e-3)
        self.quantile = ((torch.arange(N_QUANT) + 0.5) / N_QUANT).view(1, N_QUANT, 1)

    def learn(self, state, action, rewards):
        expected = self.net(state).gather(2, action.unsqueeze(1).expand(-1, N_QUANT, 1))   # (B, N, 1)
        targets = rewards.unsqueeze(1)                                                    # (B, 1, M)
        td = targets - expected                                                           # (B, N, M)
        huber = torch.where(td.abs() <= 0.1, 0.5 * td.pow(2) / 0.1, td.abs() - 0.05)
        rho = (self.quantile - (td.detach() < 0).float()).abs() * huber
        loss = rho.sum(1).mean()
        self.optim.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 10)
        self.optim.step()
        return loss.item()


agent = Agent()
for step in range(1, 1501):
    s = torch.rand(64, 2) * 2 - 1
    a = torch.randint(0, N_ACTIONS, (64, 1))
    r = pay(s, a, torch.empty(64, N_QUANT).exponential_())
    loss = agent.learn(s, a, r)
    if step % 250 == 0:
        print(f"step {step} loss {loss:.4f}")

with torch.no_grad():
    s = torch.rand(2000, 2) * 2 - 1
    a = torch.randint(0, N_ACTIONS, (2000, 1))
    tau = (torch.arange(N_QUANT) + 0.5) / N_QUANT
    truth = pay(s, a, -torch.log1p(-tau).expand(2000, N_QUANT))
    guess = agent.net(s).gather(2, a.unsqueeze(1).expand(-1, N_QUANT, 1)).squeeze(2)
    w1 = (guess - truth).abs().mean().item()
print(f"FINAL wasserstein={w1:.4f}")
