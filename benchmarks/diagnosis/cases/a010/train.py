# sentiment of short reviews with a GRU, ported from my old tensorflow code
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

class Config:
    vocab_size = 120
    embed_dim = 32
    hidden = 48
    keep_prob = 0.9
    lr = 2e-3
    epochs = 6
    batch_size = 50

cfg = Config()

# words 0-19 good, 20-39 bad, 40-44 negate the next opinion, others neutral
def reviews(n, length=14):
    x = np.random.randint(45, cfg.vocab_size, (n, length))
    s = np.zeros(n)
    for i in range(n):
        spots = np.random.choice(np.arange(0, length, 2), 4, replace=False)
        for p in spots:
            good = np.random.rand() < 0.5
            x[i, p + 1] = np.random.randint(0, 20) + (0 if good else 20)
            sign = 1 if good else -1
            if np.random.rand() < 0.3:
                x[i, p] = np.random.randint(40, 45)
                sign = -sign
            s[i] += sign
    keep = s != 0
    return torch.tensor(x[keep]), torch.tensor((s[keep] > 0).astype(np.float32))

class SentimentGRU(nn.Module):
    def __init__(self, cfg):
        super(SentimentGRU, self).__init__()
        self.embedding = nn.Embedding(cfg.vocab_size, cfg.embed_dim)
        self.embed_drop = nn.Dropout(cfg.keep_prob)
        self.gru = nn.GRU(cfg.embed_dim, cfg.hidden, batch_first=True)
        self.out_drop = nn.Dropout(cfg.keep_prob)
        self.dense = nn.Linear(cfg.hidden, 1)

    def forward(self, x):
        e = self.embed_drop(self.embedding(x))
        _, h = self.gru(e)
        return self.dense(self.out_drop(h[-1])).squeeze(1)

train_x, train_y = reviews(4000)
test_x, test_y = reviews(1500)
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=cfg.batch_size, shuffle=True)
model = SentimentGRU(cfg)
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
loss_fn = nn.BCEWithLogitsLoss()

for epoch in range(cfg.epochs):
    model.train()
    for step, (x, y) in enumerate(loader):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch %d, last loss %.4f" % (epoch, loss.item()))

model.eval()
with torch.no_grad():
    acc = ((model(test_x) > 0).float() == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
