import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(seed)
torch.manual_seed(seed)

# --- a graph of 900 people in 6 circles; everyone tells two noisy facts about themselves
n, k = 900, 6
circle = rng.integers(0, k, n)
prob = np.where(circle[:, None] == circle[None, :], 0.02, 0.004)
A = np.triu(rng.random((n, n)) < prob, 1)
A = (A | A.T).astype(np.float32)
facts = rng.normal(0, 1.6, (n, 16)).astype(np.float32)
facts[np.arange(n), circle] += 1.5
A_hat = A + np.eye(n, dtype=np.float32)
deg = A_hat.sum(1)
P = torch.from_numpy(A_hat / np.sqrt(deg[:, None] * deg[None, :])).to_sparse()
X = torch.from_numpy(facts)
y = torch.from_numpy(circle)
perm = torch.from_numpy(rng.permutation(n))
train_nodes, test_nodes = perm[:450], perm[450:]


class HopNet(nn.Module):
    def __init__(self, n_in, width, n_out, hops=3):
        super().__init__()
        self.transform = nn.ModuleDict()
        for h in range(hops):
            self.transform[f"hop{h}"] = nn.Linear(n_in if h == 0 else width, width)
        self.read_out = nn.Linear(width, n_out)

    def forward(self, x, p):
        for name in sorted(self.transform):
            x = torch.relu(torch.sparse.mm(p, self.transform[name](x)))
        return self.read_out(x)


net = HopNet(16, 8, k)
optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
cross_entropy = nn.CrossEntropyLoss()
for step in range(300):
    optimiser.zero_grad()
    scores = net(X, P)
    loss = cross_entropy(scores[train_nodes], y[train_nodes])
    loss.backward()
    optimiser.step()
    if step % 50 == 0:
        print(f"step {step:3d}  loss {loss.item():.4f}")

with torch.no_grad():
    guess = net(X, P).argmax(1)
print(f"FINAL accuracy={(guess[test_nodes] == y[test_nodes]).float().mean().item():.4f}")
