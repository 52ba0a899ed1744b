import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

# Citation-like graph: 5 communities, features weakly informative, 30 labelled nodes per class
N, C, D = 900, 5, 40
g = torch.Generator().manual_seed(9)
label = torch.randint(0, C, (N,), generator=g)
prob = torch.where(label[:, None] == label[None], 0.03, 0.0025)
upper = torch.triu(torch.rand(N, N, generator=g) < prob, 1).float()
adj = upper + upper.t() + torch.eye(N)
deg = adj.sum(1)
adj = adj / (deg[:, None] * deg[None]).sqrt()
centre = torch.randn(C, D, generator=g) * 0.4
x = centre[label] + torch.randn(N, D, generator=g)
train_mask = torch.zeros(N, dtype=torch.bool)
for c in range(C):
    train_mask[(label == c).nonzero().squeeze(1)[:30]] = True
test_mask = ~train_mask


class GCN(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.w0 = nn.Parameter(nn.init.xavier_uniform_(torch.empty(D, hidden)))
        self.w1 = nn.Parameter(nn.init.xavier_uniform_(torch.empty(hidden, C)))

    def forward(self, x):
        x = F.dropout(x, 0.5, self.training)
        h = F.relu(adj @ (x @ self.w0))
        h = F.dropout(h, 0.5, self.training)
        return F.log_softmax(adj @ (h @ self.w1), dim=1)


model = GCN()
opt = torch.optim.Adam([{"params": [model.w0], "weight_decay": 5e-3}, {"params": [model.w1], "weight_decay": 0.0}], lr=0.01)
for epoch in range(200):
    model.train()
    out = model(x)
    loss = F.nll_loss(out[train_mask], label[train_mask])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 40 == 39:
        model.eval()
        with torch.no_grad():
            acc = (model(x).argmax(1) == label)[test_mask].float().mean().item()
        print(f"epoch {epoch + 1} loss {loss.item():.4f} test {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
