import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
N, C, FEAT = 400, 3, 24

labels = torch.randint(C, (N,))
prob = torch.where(labels[:, None] == labels[None], 0.04, 0.006)
upper = torch.triu(torch.rand(N, N) < prob, 1)
adj = (upper | upper.T) | torch.eye(N, dtype=torch.bool)
features = torch.randn(N, FEAT) + 0.5 * torch.randn(C, FEAT)[labels]
perm = torch.randperm(N)
train_idx, val_idx, test_idx = perm[:60], perm[60:120], perm[120:]


class GraphAttentionLayer(nn.Module):
    def __init__(self, fin, fout, heads, concat=True):
        super().__init__()
        self.heads, self.fout, self.concat = heads, fout, concat
        self.W = nn.Linear(fin, heads * fout, bias=False)
        self.a_src = nn.Parameter(torch.empty(heads, fout))
        self.a_dst = nn.Parameter(torch.empty(heads, fout))
        nn.init.xavier_uniform_(self.a_src)
        nn.init.xavier_uniform_(self.a_dst)

    def forward(self, x, adj):
        h = self.W(x).view(-1, self.heads, self.fout)
        e = F.leaky_relu((h * self.a_src).sum(-1)[:, None] + (h * self.a_dst).sum(-1)[None], 0.2)
        alpha = torch.softmax(e.masked_fill(~adj[..., None], -1e9), dim=1)
        alpha = F.dropout(alpha, 0.5, self.training)
        out = torch.einsum("ijh,jhf->ihf", alpha, h)
        return out.flatten(1) if self.concat else out.mean(1)


class GAT(nn.Module):
    def __init__(self):
        super().__init__()
        self.att1 = GraphAttentionLayer(FEAT, 8, heads=4)
        self.att2 = GraphAttentionLayer(32, C, heads=1, concat=False)

    def forward(self, x, adj):
        x = F.dropout(x, 0.5, self.training)
        x = F.elu(self.att1(x, adj))
        x = F.dropout(x, 0.5, self.training)
        return F.log_softmax(self.att2(x, adj), dim=1)


model = GAT()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
best_val, best_test = 0.0, 0.0
for epoch in range(100):
    model.train()
    optimizer.zero_grad()
    output = model(features, adj)
    loss = F.nll_loss(output[train_idx], labels[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 5 == 4:
        model.eval()
        with torch.no_grad():
            pred = model(features, adj).argmax(1)
        val = (pred[val_idx] == labels[val_idx]).float().mean().item()
        test = (pred[test_idx] == labels[test_idx]).float().mean().item()
        if val >= best_val:
            best_val, best_test = val, test
        print(f"Epoch {epoch + 1:3d} loss {loss.item():.4f} val {val:.3f} test {test:.3f}")
print(f"FINAL accuracy={best_test:.4f}")
