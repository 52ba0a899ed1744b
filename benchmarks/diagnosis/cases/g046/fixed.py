import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
VOCAB, LENGTH = 12, 14


def sequences(n):
    x = torch.randint(1, VOCAB, (n, LENGTH))
    first = (x == 3).float().argmax(1)
    has = (x == 3).any(1)
    last = x[:, -1]
    y = (torch.where(has, first, torch.full_like(first, LENGTH)) + last) % 6
    return x, y


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 24)
        self.gru = nn.GRU(24, 64, batch_first=True)
        self.out = nn.Linear(64, 6)

    def forward(self, x):
        h, _ = self.gru(self.emb(x))
        return self.out(h[:, -1])


x_train, y_train = sequences(3000)
x_test, y_test = sequences(1000)
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5, min_lr=1e-5)

for epoch in range(14):
    model.train()
    perm = torch.randperm(len(x_train))
    total = 0.0
    for i in range(0, len(perm), 50):
        b = perm[i:i + 50]
        loss = F.cross_entropy(model(x_train[b]), y_train[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(b)
    scheduler.step(total / len(perm))
    print(f"epoch {epoch} train loss {total / len(perm):.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
