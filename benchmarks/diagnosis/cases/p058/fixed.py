import os
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
gen = torch.Generator().manual_seed(seed + 300)

# a citation-like graph with 16 communities
N, K, D = 800, 16, 48
community = torch.randint(0, K, (N,), generator=gen)
same = community[:, None] == community[None, :]
prob = torch.where(same, 0.10, 0.006)
adj = (torch.rand(N, N, generator=gen) < prob).float().triu(1)
adj = adj + adj.T + torch.eye(N)
deg = adj.sum(1)
A = adj / torch.sqrt(deg[:, None] * deg[None, :])
prototype = torch.randn(K, D, generator=gen)
feats = 0.6 * prototype[community] + torch.randn(N, D, generator=gen)
perm = torch.randperm(N, generator=gen)
train_idx, test_idx = perm[:480], perm[480:]


class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)

    def forward(self, a, x):
        return a @ self.lin(x)


class GCN(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.g1 = GraphConv(D, hidden)
        self.g2 = GraphConv(hidden, K)

    def forward(self, a, x):
        return self.g2(a, F.relu(self.g1(a, x)))


def node_loss(scores, labels):
    return F.cross_entropy(scores, labels)


gcn = GCN()
optimizer = torch.optim.SGD(gcn.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4)
for it in range(150):
    loss = node_loss(gcn(A, feats)[train_idx], community[train_idx])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 25 == 0:
        print(f"iter {it}: {loss.item():.4f}")
with torch.no_grad():
    acc = (gcn(A, feats)[test_idx].argmax(1) == community[test_idx]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
