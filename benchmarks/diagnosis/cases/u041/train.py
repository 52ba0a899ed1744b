import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
V, L, MARK, TOPICS = 40, 40, 1, 6


class Memos(Dataset):
    """40 words; the word right after the marker decides the topic, the rest is chatter."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.ids = torch.randint(2, V, (n, L), generator=g)
        at = torch.randint(0, L - 1, (n,), generator=g)
        rows = torch.arange(n)
        self.ids[rows, at] = MARK
        self.labels = self.ids[rows, at + 1] % TOPICS

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.ids[i], self.labels[i]


class AttentivePooling(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.conv = nn.Conv1d(d, d, 3, padding=1)
        self.score = nn.Linear(d, 1)
        self.norm = nn.LayerNorm(d)
        self.cls = nn.Linear(d, TOPICS)

    def forward(self, ids):
        h = self.emb(ids)
        h = h + F.relu(self.conv(h.transpose(1, 2))).transpose(1, 2)
        w = torch.softmax(self.score(torch.tanh(h)), dim=-1)
        pooled = (w * h).sum(dim=1)
        return self.cls(self.norm(pooled))


train = DataLoader(Memos(3000, 1), batch_size=40, shuffle=True)
test = DataLoader(Memos(800, 2), batch_size=200)
net = AttentivePooling()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(6):
    net.train()
    run = 0.0
    for ids, lab in train:
        loss = F.cross_entropy(net(ids), lab)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item()
    net.eval()
    with torch.no_grad():
        right = sum((net(ids).argmax(1) == lab).sum().item() for ids, lab in test)
    print(f"epoch {epoch + 1} | train loss {run / len(train):.3f} | test acc {right / 800:.3f}")
print(f"FINAL accuracy={right / 800:.4f}")
