import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

ITEMS, GENRES, WINDOW, DIM = 240, 8, 5, 200
genre = np.random.default_rng(7).integers(0, GENRES, ITEMS)
by_genre = [np.flatnonzero(genre == g) for g in range(GENRES)]


def sessions(n):
    history, following = [], []
    for _ in range(n):
        g = rng.integers(GENRES)
        history.append([rng.choice(by_genre[g]) if rng.random() < 0.8 else rng.integers(ITEMS) for _ in range(WINDOW)])
        following.append(rng.choice(by_genre[g]))
    return torch.tensor(np.array(history)), torch.tensor(np.array(following))


class NextItem(nn.Module):
    """mean of the items seen, scored against every item"""

    def __init__(self):
        super().__init__()
        self.item_in = nn.Embedding(ITEMS, DIM)
        self.item_out = nn.Embedding(ITEMS, DIM)
        nn.init.normal_(self.item_in.weight, std=0.03)
        nn.init.normal_(self.item_out.weight, std=0.03)

    def forward(self, history):
        user = self.item_in(history).sum(dim=1)
        return user @ self.item_out.weight.t()


history, following = sessions(3000)
test_history, test_following = sessions(1000)
model = NextItem()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    order = torch.randperm(len(history))
    running = 0.0
    for s in range(0, len(order), 50):
        rows = order[s:s + 50]
        optimizer.zero_grad()
        loss = criterion(model(history[rows]), following[rows])
        loss.backward()
        optimizer.step()
        running += loss.item() * len(rows)
    print(f"epoch {epoch} loss {running / len(order):.3f}")

with torch.no_grad():
    nll = criterion(model(test_history), test_following).item()
print(f"FINAL nll={nll:.4f}")
