import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

VOCAB, LENGTH, ACCUM = 6, 15, 4


def sample(n):
    seq = torch.randint(0, VOCAB, (n, LENGTH))
    boss = torch.randint(0, VOCAB, (n,))
    where = torch.rand(n, LENGTH) < 0.35
    seq = torch.where(where, boss[:, None], seq)
    counts = nn.functional.one_hot(seq, VOCAB).sum(1)
    top = counts.topk(2, dim=1).values
    clear = top[:, 0] > top[:, 1]
    return seq[clear], counts.argmax(1)[clear]


class Majority(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.token = nn.Embedding(VOCAB, d)
        self.position = nn.Parameter(torch.randn(1, LENGTH, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, 4, dim_feedforward=64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(d, VOCAB)

    def forward(self, seq):
        h = self.encoder(self.token(seq) + self.position)
        return self.out(h.mean(1))


model = Majority()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
warmup = 30
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, s / warmup))
criterion = nn.CrossEntropyLoss()

train_x, train_y = sample(5000)
optimizer.zero_grad()
micro = 0
for epoch in range(4):
    model.train()
    for idx in torch.randperm(len(train_x)).split(16):
        loss = criterion(model(train_x[idx]), train_y[idx]) / ACCUM
        loss.backward()
        micro += 1
        if micro % ACCUM == 0:
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(f"epoch {epoch}: loss {loss.item() * ACCUM:.4f} lr {scheduler.get_last_lr()[0]:.5f}")

model.eval()
test_x, test_y = sample(1500)
with torch.no_grad():
    acc = (model(test_x).argmax(-1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
