import os
import math
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

VOCAB, LEN, N = 20, 16, 2400


def reviews(n):
    """Token strings; the label says whether token 3 is more frequent than token 7."""
    x = torch.randint(8, VOCAB, (n, LEN))
    k = torch.randint(0, 6, (n, 2))
    for i in range(n):
        pos = torch.randperm(LEN)
        x[i, pos[: k[i, 0]]] = 3
        x[i, pos[k[i, 0] : k[i, 0] + k[i, 1]]] = 7
    keep = k[:, 0] != k[:, 1]
    return x[keep], (k[keep, 0] > k[keep, 1]).long()


class PositionalEncoding(nn.Module):
    def __init__(self, dim, max_len=64):
        super().__init__()
        t = torch.arange(max_len)[:, None]
        f = torch.exp(-math.log(1e4) * torch.arange(0, dim, 2) / dim)
        pe = torch.zeros(max_len, dim)
        pe[:, 0::2], pe[:, 1::2] = torch.sin(t * f), torch.cos(t * f)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[: x.size(1)]


class TextClassifier(nn.Module):
    def __init__(self, dim=32, heads=4, layers=2, classes=2):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.pos = PositionalEncoding(dim)
        layer = nn.TransformerEncoderLayer(dim, heads, dim_feedforward=64, dropout=0.1)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.fc = nn.Linear(dim, classes)

    def forward(self, tokens):
        h = self.pos(self.embed(tokens) * math.sqrt(self.embed.embedding_dim))
        h = self.encoder(h)
        return self.fc(h[:, 0])


train_x, train_y = reviews(N)
val_x, val_y = reviews(800)
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=64, shuffle=True)
model = TextClassifier()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(9):
    model.train()
    total = 0
    for tokens, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(tokens), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(val_x.split(64), val_y.split(64)))
    print(f"epoch {epoch} train loss {total / len(loader):.4f} val acc {hits / len(val_y):.4f}")
print(f"FINAL accuracy={hits / len(val_y):.4f}")
