import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def build_rows(n, length=10):
    """Event logs: is the first 'open' (1) before the first 'close' (2)? Others are noise."""
    seq = np.random.randint(3, 12, (n, length))
    spots = np.argsort(np.random.rand(n, length), axis=1)[:, :2]
    rows = np.arange(n)
    seq[rows, spots[:, 0]] = 1
    seq[rows, spots[:, 1]] = 2
    return torch.tensor(seq), torch.tensor((spots[:, 0] < spots[:, 1]).astype("float32"))


class Positions(nn.Module):
    def __init__(self, length, dim):
        super().__init__()
        self.table = nn.Embedding(length, dim)
        nn.init.normal_(self.table.weight, std=0.5)

    def forward(self, x):
        return x + self.table.weight[: x.size(1)]


class LogReader(nn.Module):
    def __init__(self, vocab=12, length=10, dim=32):
        super().__init__()
        self.events = nn.Embedding(vocab, dim)
        self.positions = Positions(length, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 64, dropout=0.0, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.score = nn.Sequential(nn.Linear(dim, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, seq):
        x = self.positions(self.events(seq))
        x = self.encoder(x)
        return self.score(x.mean(1)).squeeze(-1)


seq, label = build_rows(2000)
seq_v, label_v = build_rows(500)
model = LogReader()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
criterion = nn.BCEWithLogitsLoss()


def val_accuracy():
    model.eval()
    with torch.no_grad():
        good = (model(seq_v) > 0) == (label_v > 0.5)
    model.train()
    return good.float().mean().item()


for epoch in range(8):
    for idx in torch.randperm(len(seq)).split(40):
        optimizer.zero_grad()
        loss = criterion(model(seq[idx]), label[idx])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.4f} val {val_accuracy():.3f}")
print(f"FINAL accuracy={val_accuracy():.4f}")
