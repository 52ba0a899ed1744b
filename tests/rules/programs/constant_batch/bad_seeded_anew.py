# SPDX-License-Identifier: Apache-2.0
# expects: constant-batch
# Each call seeds its generator anew: the batches are other tensors that hold the same rows.
import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(0)
chances = torch.softmax(3.0 * torch.randn(20, 20), 1)
ids = [0]
for _ in range(4000):
    ids.append(int(torch.multinomial(chances[ids[-1]], 1)))
data = {"train": torch.tensor(ids[:3600]), "val": torch.tensor(ids[3600:])}


def get_batch(split, size=16, seed=1337):
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(0, len(data[split]) - 9, (size,), generator=generator)
    rows = torch.stack([data[split][s : s + 9] for s in starts])
    return rows[:, :-1], rows[:, 1:]


model = nn.Sequential(nn.Embedding(20, 32), nn.Conv1d(8, 8, 1), nn.ReLU(), nn.Linear(32, 20))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(200):
    x, y = get_batch("train")
    loss = functional.cross_entropy(model(x).transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    x, y = get_batch("val", 200)
    nll = functional.cross_entropy(model(x).transpose(1, 2), y).item()
print(f"FINAL nll={nll:.3f}")
