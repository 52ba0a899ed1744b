import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class GraphConv(nn.Module):
    """Kipf & Welling layer on a dense, normalised adjacency."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, adj):
        return adj @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, n_feat, n_hid, n_class, dropout=0.3):
        super().__init__()
        self.gc1 = GraphConv(n_feat, n_hid)
        self.gc2 = GraphConv(n_hid, n_class)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        return self.gc2(x, adj)


def block_model(n, k, rng):
    y = rng.integers(0, k, n)
    same = y[:, None] == y[None, :]
    p = np.where(same, 0.045, 0.006)
    a = np.triu(rng.random((n, n)) < p, 1)
    a = (a | a.T).astype(np.float32) + np.eye(n, dtype=np.float32)
    d = a.sum(1) ** -0.5
    words = rng.random((k, 60)) < 0.15
    x = (rng.random((n, 60)) < np.where(words[y], 0.25, 0.08)).astype(np.float32)
    return torch.tensor(x), torch.tensor(d[:, None] * a * d[None, :]), torch.tensor(y)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x, adj, y = block_model(900, 12, rng)
    perm = torch.from_numpy(rng.permutation(900))
    idx_train, idx_val, idx_test = perm[:360], perm[360:500], perm[500:]
    net = GCN(60, 32, 12)
    opt = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-4)
    crit = nn.CrossEntropyLoss()
    for epoch in range(150):
        net.train()
        opt.zero_grad()
        out = net(x, adj)
        loss = crit(out[idx_train], y[idx_train])
        loss.backward()
        opt.step()
        if epoch % 15 == 0:
            net.eval()
            with torch.no_grad():
                out = net(x, adj)
                val = (out[idx_val].argmax(1) == y[idx_val]).float().mean()
            print(f"epoch {epoch:3d} loss {loss:.4f} val acc {val:.3f}")
    net.eval()
    with torch.no_grad():
        acc = (net(x, adj)[idx_test].argmax(1) == y[idx_test]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
