import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def citations(n=800, topics=4, words=60):
    topic = torch.randint(0, topics, (n,))
    link = torch.rand(n, n) < torch.where(topic[:, None] == topic[None, :], 0.03, 0.002)
    link = torch.triu(link, 1)
    a = (link | link.t() | torch.eye(n, dtype=torch.bool)).float()
    d = a.sum(1).rsqrt()
    prefer = torch.arange(words) % topics
    p = torch.where(prefer[None, :] == topic[:, None], 0.22, 0.08)
    bag = (torch.rand(n, words) < p).float()
    bag = bag / bag.sum(1, keepdim=True).clamp(min=1)
    return (d[:, None] * a * d[None, :]).to_sparse(), bag, topic


class GCN(nn.Module):
    def __init__(self, n_in, hidden, classes, p=0.5):
        super().__init__()
        self.w1 = nn.Linear(n_in, hidden, bias=False)
        self.w2 = nn.Linear(hidden, classes, bias=False)
        self.p = p

    def forward(self, x, a):
        x = F.dropout(x, self.p, self.training)
        x = torch.relu(torch.sparse.mm(a, self.w1(x)))
        x = F.dropout(x, self.p, self.training)
        return torch.sparse.mm(a, self.w2(x))


adj, feats, topic = citations()
perm = torch.randperm(len(topic))
train = torch.cat([perm[topic[perm] == k][:8] for k in range(4)])
rest = perm[~torch.isin(perm, train)]
val, test = rest[:150], rest[150:]
net = GCN(feats.shape[1], 24, 4)
opt = torch.optim.Adam([{"params": net.w1.parameters(), "weight_decay": 5e-4}, {"params": net.w2.parameters(), "weight_decay": 0}], lr=0.01)

best = (0.0, 0.0)
for epoch in range(250):
    net.train()
    opt.zero_grad()
    loss = F.cross_entropy(net(feats, adj)[train], topic[train])
    loss.backward()
    opt.step()
    net.eval()
    with torch.no_grad():
        said = net(feats, adj).argmax(1)
    right = (said == topic).float()
    now = (right[val].mean().item(), right[test].mean().item())
    best = max(best, now)
    if epoch % 25 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.4f} train {right[train].mean().item():.3f} val {now[0]:.3f} test {now[1]:.3f}")
print(f"FINAL accuracy={best[1]:.4f}")
