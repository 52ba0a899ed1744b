import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
STEPS = 30


def traces(n):
    """A knock right after the start (one of four shapes), then an idle hum."""
    kind = torch.randint(0, 4, (n,))
    x = 0.15 * torch.randn(n, STEPS, 2)
    shape = torch.tensor([[1.5, 1.5], [1.5, -1.5], [-1.5, 1.5], [-1.5, -1.5]])
    for k in range(3):
        x[:, k] += shape[kind]
    return x, kind


class ElmanCell(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.inp = nn.Linear(n_in, n_hidden)
        self.hidden = nn.Linear(n_hidden, n_hidden, bias=False)
        nn.init.normal_(self.hidden.weight, std=0.05)

    def forward(self, x, h):
        return torch.tanh(self.inp(x) + self.hidden(h))


class TraceNet(nn.Module):
    def __init__(self, n_hidden=32):
        super().__init__()
        self.n_hidden = n_hidden
        self.cell = ElmanCell(2, n_hidden)
        self.out = nn.Linear(n_hidden, 4)

    def forward(self, x):
        h = x.new_zeros(len(x), self.n_hidden)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return self.out(h)


x, y = traces(1500)
xt, yt = traces(500)
net = TraceNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    for idx in torch.randperm(1500).split(50):
        loss = nn.functional.cross_entropy(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    print(f"FINAL accuracy={(net(xt).argmax(1) == yt).float().mean().item():.4f}")
