import math
import os

import torch
from torch import Tensor, nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model: int, max_len: int = 64):
        super().__init__()
        pos = torch.arange(max_len).unsqueeze(1)
        div = torch.exp(torch.arange(0, d_model, 2) * (-math.log(1000.0) / d_model))
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(pos * div)
        table[:, 1::2] = torch.cos(pos * div)
        self.register_buffer("table", table)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.table[: x.shape[1]]


class EventOrderModel(nn.Module):
    """Which of the two alarms in an event log was raised first?"""

    def __init__(self, n_events: int, d_model: int = 32, heads: int = 4, layers: int = 2):
        super().__init__()
        self.d_model = d_model
        self.embed = nn.Embedding(n_events, d_model)
        nn.init.normal_(self.embed.weight, std=d_model ** -0.5)
        self.positions = PositionalEncoding(d_model)
        block = nn.TransformerEncoderLayer(d_model, heads, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, 2))

    def forward(self, events: Tensor) -> Tensor:
        h = self.embed(events) * math.sqrt(self.d_model)
        h = self.encoder(self.positions(h))
        return self.head(h.mean(dim=1))


def logs(n: int, length: int = 12, n_events: int = 16):
    """events 0 and 1 are the alarms, the others are routine"""
    ev = torch.randint(2, n_events, (n, length))
    a = torch.randint(0, length - 1, (n,))
    b = a + 1 + (torch.rand(n) * (length - 1 - a)).long()
    first = torch.randint(0, 2, (n,))
    ev[torch.arange(n), a] = first
    ev[torch.arange(n), b] = 1 - first
    return ev, first


x_train, y_train = logs(3000)
x_test, y_test = logs(800)
model = EventOrderModel(16)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.98))
warmup = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 40))

for epoch in range(6):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(x_train)).split(64):
        loss = F.cross_entropy(model(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        warmup.step()
        total += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(-1) == y_test).float().mean().item()
    print(f"epoch {epoch} loss {total / len(x_train):.4f} acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
