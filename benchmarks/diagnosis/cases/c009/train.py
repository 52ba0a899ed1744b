import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

nouns = ["the cat", "a sailor", "my uncle", "the old king", "a robin", "the baker"]
verbs = ["sees", "follows", "paints", "forgets", "answers"]
places = ["in the garden", "by the river", "at noon", "under the bridge"]


def sentence():
    return f"{random.choice(nouns)} {random.choice(verbs)} {random.choice(nouns)} {random.choice(places)}. "


text = "".join(sentence() for _ in range(900))
alphabet = sorted(set(text))
index = {c: i for i, c in enumerate(alphabet)}
codes = torch.tensor([index[c] for c in text])
split = int(0.9 * len(codes))
train, held = codes[:split], codes[split:]


def lanes(stream, n):
    usable = len(stream) // n * n
    return stream[:usable].view(n, -1)


class CharModel(nn.Module):
    def __init__(self, n_chars):
        super().__init__()
        self.embed = nn.Embedding(n_chars, 24)
        self.lstm = nn.LSTM(24, 96, batch_first=True)
        self.readout = nn.Linear(96, n_chars)

    def forward(self, ids, state=None):
        h, state = self.lstm(self.embed(ids), state)
        return self.readout(h), state


model = CharModel(len(alphabet))
opt = torch.optim.RMSprop(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
data = lanes(train, 24)
span = 32
for epoch in range(5):
    state = None
    model.train()
    for a in range(0, data.shape[1] - span - 1, span):
        x, y = data[:, a:a + span], data[:, a + 1:a + span + 1]
        logits, state = model(x, state)
        state = tuple(s.detach() for s in state)
        loss = criterion(logits.reshape(-1, len(alphabet)), y.reshape(-1))
        opt.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    print(f"epoch {epoch} nll {loss.item():.4f} grad norm {norm:.3f}")

model.eval()
with torch.no_grad():
    logits, _ = model(held[None, :-1])
    nll = criterion(logits[0], held[1:]).item()
print(f"FINAL nll={nll:.4f}")
