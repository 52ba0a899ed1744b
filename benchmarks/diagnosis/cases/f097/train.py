import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
VOCAB, LENGTH = 40, 20


class Encoder(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, dim)
        self.pos = nn.Parameter(0.02 * torch.randn(LENGTH, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 3)

    def forward(self, x):
        return self.head(self.norm(self.layers(self.tok(x) + self.pos)).mean(1))


def sentences(n, flip=False):
    """Three topics, each with words of its own among common ones; `flip` renames the topics."""
    y = torch.randint(0, 3, (n,))
    x = torch.randint(15, VOCAB, (n, LENGTH))
    for k in range(4):
        x[torch.arange(n), torch.randint(0, LENGTH, (n,))] = y * 5 + torch.randint(0, 5, (n,))
    return x, (y + 1) % 3 if flip else y


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).float().argmax(1) == y).float().mean().item()


model = Encoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(90):
    x, y = sentences(64)
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"source task: {accuracy(model, *sentences(500)):.3f}")

model = model.to(torch.bfloat16)
optimizer = torch.optim.AdamW(model.parameters(), lr=6e-5, weight_decay=0.0)
x_tune, y_tune = sentences(960, flip=True)
x_val, y_val = sentences(800, flip=True)
for epoch in range(14):
    total = 0.0
    for rows in torch.randperm(len(x_tune)).split(32):
        loss = F.cross_entropy(model(x_tune[rows]).float(), y_tune[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {total / len(x_tune):.4f}")
print(f"FINAL accuracy={accuracy(model, x_val, y_val):.4f}")
