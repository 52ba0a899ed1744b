import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
rng = np.random.RandomState(seed)
torch.manual_seed(seed)

n, words, tags = 3000, 120, 12
mix = rng.dirichlet(np.ones(words) * 0.08, size=tags)
present = (rng.rand(n, tags) < 0.12).astype(np.float32)
base = np.full(words, 1 / words)
docs = np.zeros((n, words), dtype=np.float32)
for i in range(n):
    p = base + 0.8 * present[i] @ mix
    docs[i] = rng.multinomial(60, p / p.sum())
docs = np.sqrt(docs)
docs = torch.from_numpy((docs - docs.mean(0)) / (docs.std(0) + 1e-3)).float()
present = torch.from_numpy(present)
train = DataLoader(TensorDataset(docs[:2400], present[:2400]), batch_size=60, shuffle=True)


class Tagger(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.hidden = nn.Linear(words, hidden)
        self.act = nn.ReLU()
        self.dropout = nn.Dropout(0.9)
        self.out = nn.Linear(hidden, tags)

    def forward(self, x):
        h = self.dropout(self.act(self.hidden(x)))
        return torch.sigmoid(self.out(h))


model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(15):
    model.train()
    running = 0.0
    for x, t in train:
        loss = loss_fn(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch}  bce {running / len(train):.4f}")

model.eval()
with torch.no_grad():
    guess = model(docs[2400:]) > 0.5
truth = present[2400:] > 0.5
f1 = 2 * (guess & truth).sum() / (guess.sum() + truth.sum()).clamp(min=1)
print(f"FINAL f1={f1.item():.4f}")
