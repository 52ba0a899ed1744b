import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

N_TOKENS, T = 12, 16


def batch(n):
    """Token 1 and token 2 occur once each: which one comes first, and is it in the first half?"""
    x = torch.randint(3, N_TOKENS, (n, T))
    pos = torch.rand(n, T).argsort(1)[:, :2]
    x.scatter_(1, pos[:, :1], 1)
    x.scatter_(1, pos[:, 1:], 2)
    label = (pos[:, 0] < pos[:, 1]).long() * 2 + (pos.min(1).values < T // 4).long()
    return x, label


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=500):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        x = x + self.pe[:, :x.size(1)]
        return self.dropout(x)


class OrderClassifier(nn.Module):
    def __init__(self, d_model=32):
        super().__init__()
        self.embedding = nn.Embedding(N_TOKENS, d_model)
        self.position = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.fc = nn.Linear(d_model, 4)

    def forward(self, x):
        return self.fc(self.encoder(self.position(self.embedding(x))).mean(1))


model = OrderClassifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
steps = 500
warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 50))
for step in range(steps):
    x, label = batch(64)
    loss = F.cross_entropy(model(x), label)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    warm.step()
    if step % 100 == 0:
        print(f"{step:4d} {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, label = batch(400)
    accuracy = (model(x).argmax(1) == label).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
