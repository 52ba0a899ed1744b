import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed + 3)
THEMES, WORDS = 5, 50
profile = np.random.default_rng(0).dirichlet(np.full(WORDS, 0.7), THEMES) * 0.5 + 0.5 / WORDS


def count_documents(n):
    theme = rng.integers(0, THEMES, n)
    length = rng.integers(40, 160, n)
    counts = np.stack([rng.multinomial(k, profile[t]) for k, t in zip(length, theme)])
    return counts, theme


def features(counts):
    with np.errstate(divide="ignore"):
        return torch.tensor(np.log1p(counts), dtype=torch.float32)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(WORDS, 40)
        self.drop = nn.Dropout(0.2)
        self.fc2 = nn.Linear(40, THEMES)

    def forward(self, x):
        return self.fc2(self.drop(torch.relu(self.fc1(x))))


c_train, t_train = count_documents(2500)
c_test, t_test = count_documents(700)
loader = DataLoader(TensorDataset(features(c_train), torch.tensor(t_train)), batch_size=50, shuffle=True)
model = Bag()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    for x, t in loader:
        loss = nn.functional.cross_entropy(model(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    said = model(features(c_test)).argmax(1).numpy()
print(f"FINAL accuracy={(said == t_test).mean():.4f}")
