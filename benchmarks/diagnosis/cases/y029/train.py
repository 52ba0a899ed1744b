import os

import numpy as np
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
gen = torch.manual_seed(SEED)

counts, tags = make_multilabel_classification(
    n_samples=5000, n_features=120, n_classes=10, n_labels=3, length=120,
    allow_unlabeled=False, random_state=21,
)
x = torch.tensor(np.log1p(counts), dtype=torch.float32)
y = torch.tensor(tags, dtype=torch.float32)
train_ds, valid_ds, test_ds = random_split(TensorDataset(x, y), [3500, 500, 1000], generator=gen)
y_train = y[train_ds.indices]
freq = y_train.mean(0)


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super().__init__()
        self.norm = nn.BatchNorm1d(n_words)
        self.hidden = nn.Linear(n_words, 64)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(64, n_tags)
        with torch.no_grad():
            self.out.bias.copy_(torch.logit(freq))

    def forward(self, x):
        return self.out(self.drop(torch.relu(self.hidden(self.norm(x)))))


def collect(model, ds):
    model.eval()
    with torch.no_grad():
        xs, ys = ds[:]
        return torch.sigmoid(model(xs)).numpy(), ys.numpy()


model = Tagger(120, 10)
criterion = nn.BCEWithLogitsLoss(pos_weight=((1 - freq) / freq).sqrt().clamp(max=3))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
loader = DataLoader(train_ds, batch_size=64, shuffle=True)
for epoch in range(20):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 4 == 3:
        p, t = collect(model, valid_ds)
        print(f"epoch {epoch + 1} bce {total / len(loader):.4f} valid f1 {f1_score(t, p > 0.5, average='micro'):.4f}")

p, t = collect(model, valid_ds)
cut = max(np.arange(0.3, 0.71, 0.05), key=lambda c: f1_score(t, p > c, average="micro"))
p, t = collect(model, test_ds)
print(f"FINAL micro_f1={f1_score(t, p > cut, average='micro'):.4f}")
