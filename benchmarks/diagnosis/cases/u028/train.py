import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)
np.random.seed(SEED)

# articles (word counts) with zero to several tags each
rng = np.random.RandomState(3)
Y = (rng.rand(4000, 12) < np.linspace(0.1, 0.35, 12)).astype("float32")
topic_words = rng.gamma(0.3, 2.0, (12, 60))
X = np.log1p(rng.poisson(1.5 + Y @ topic_words)).astype("float32")
X = (X - X[:3000].mean(0)) / (X[:3000].std(0) + 1e-6)
X, Y = torch.from_numpy(X), torch.from_numpy(Y)
train_dl = DataLoader(TensorDataset(X[:3000], Y[:3000]), batch_size=50, shuffle=True)
X_val, Y_val = X[3000:], Y[3000:]
print("tags per article:", Y.sum(1).mean().item())


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super(Tagger, self).__init__()
        self.hidden = nn.Linear(n_words, 128)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(128, n_tags)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        return self.out(self.drop(x))


def micro_f1(logits, target):
    pred = (torch.sigmoid(logits) > 0.5).float()
    tp = (pred * target).sum()
    return (2 * tp / (pred.sum() + target.sum())).item()


model = Tagger(60, 12)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(10):
    model.train()
    total = 0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        f1 = micro_f1(model(X_val), Y_val)
    print(f"Epoch {epoch+1}/10 - loss: {total/len(train_dl):.4f} - val_f1: {f1:.4f}")

print(f"FINAL f1={f1:.4f}")
