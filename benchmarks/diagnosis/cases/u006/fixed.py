import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

N_WORDS, N_TAGS = 120, 12
topic_words = rng.dirichlet(np.full(N_WORDS, 0.08), N_TAGS)
tag_rate = np.linspace(0.12, 0.5, N_TAGS)


def questions(n):
    tags = (rng.rand(n, N_TAGS) < tag_rate).astype("float32")
    docs = np.zeros((n, N_WORDS), dtype="float32")
    for i in range(n):
        mix = 0.5 * np.full(N_WORDS, 1 / N_WORDS)
        on = np.flatnonzero(tags[i])
        if len(on):
            mix = mix + 0.5 * topic_words[on].mean(0)
        docs[i] = rng.multinomial(25, mix / mix.sum())
    # askers forget tags and add wrong ones
    drop = rng.rand(n, N_TAGS) < 0.15
    add = rng.rand(n, N_TAGS) < 0.03
    noisy = np.clip(tags * (1 - drop) + add, 0, 1).astype("float32")
    return torch.from_numpy(np.log1p(docs)), torch.from_numpy(noisy), torch.from_numpy(tags)


x_tr, y_tr, _ = questions(5000)
x_te, _, y_te = questions(1500)


class TagPredictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(N_WORDS, 64)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(0.2)
        self.fc2 = nn.Linear(64, N_TAGS)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = self.drop(self.act(self.fc1(x)))
        return self.fc2(x)


model = TagPredictor()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(x_tr, y_tr), batch_size=64, shuffle=True)

for epoch in range(10):
    model.train()
    total = 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("Epoch", epoch + 1, "loss", round(total / len(loader), 4))

model.eval()
with torch.no_grad():
    pred = (torch.sigmoid(model(x_te)) > 0.5).float()
tp = (pred * y_te).sum()
f1 = (2 * tp / (pred.sum() + y_te.sum()).clamp(min=1)).item()
print("FINAL f1=%.4f" % f1)
