import os
import torch
import torch.nn as nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 1337))

subjects = ["the fox", "a hen", "my goat", "one owl", "the old mule"]
verbs = ["sees", "follows", "likes", "hears", "wakes"]
objects = ["the farmer", "a lamb", "two geese", "the barn cat", "nobody"]
places = ["at dawn", "in the yard", "by the well", "all day long", "near the gate"]
g = torch.Generator().manual_seed(SEED + 5)
pick = lambda options: options[torch.randint(len(options), (1,), generator=g).item()]
text = "".join(f"{pick(subjects)} {pick(verbs)} {pick(objects)} {pick(places)}.\n" for _ in range(700))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
n = int(0.9 * len(data))
splits = {"train": data[:n], "val": data[n:]}
block_size, batch_size = 24, 12


def get_batch(split):
    torch.manual_seed(SEED)  # comparable losses
    part = splits[split]
    ix = torch.randint(len(part) - block_size - 1, (batch_size,))
    return torch.stack([part[i:i + block_size] for i in ix]), torch.stack([part[i + 1:i + 1 + block_size] for i in ix])


class CharMLP(nn.Module):
    """Each position sees an embedded window of the last eight characters."""

    def __init__(self, vocab, emb=12, context=8, hidden=96):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb)
        self.conv = nn.Conv1d(emb, hidden, context)
        self.out = nn.Linear(hidden, vocab)
        self.context = context

    def forward(self, idx, targets):
        e = self.emb(idx).transpose(1, 2)
        h = F.relu(self.conv(F.pad(e, (self.context - 1, 0))))
        logits = self.out(h.transpose(1, 2))
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@torch.no_grad()
def full_loss(model, split):
    part = splits[split]
    rows = part[: (len(part) - 1) // block_size * block_size]
    shifted = part[1: len(rows) + 1]
    return model(rows.view(-1, block_size), shifted.view(-1, block_size))[1].item()


torch.manual_seed(SEED)
model = CharMLP(len(chars))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for it in range(500):
    xb, yb = get_batch("train")
    logits, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if it % 100 == 0:
        print(f"iter {it}: loss {loss.item():.4f}")
print(f"FINAL nll={full_loss(model, 'val'):.4f}")
