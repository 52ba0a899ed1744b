import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

ANIMALS = ["the cat", "a dog", "the old owl", "my fox", "one hen"]
VERBS = {"sees": ["the moon", "a red barn"], "eats": ["some corn", "the grain"], "hides": ["in the hay", "under a log"]}


def sentence():
    verb = rng.choice(list(VERBS))
    return f"{rng.choice(ANIMALS)} {verb} {rng.choice(VERBS[verb])}. "


text = "".join(sentence() for _ in range(1600))
held_out = "".join(sentence() for _ in range(300))
chars = sorted(set(text))
char_to_int = {c: i for i, c in enumerate(chars)}
n_vocab = len(chars)
print("Total Characters:", len(text), "Total Vocab:", n_vocab)

SEQ = 20


def windows(s):
    ids = torch.tensor([char_to_int[c] for c in s])
    view = ids.unfold(0, SEQ + 1, 1)
    return view[:, :SEQ], view[:, SEQ]


X, y = windows(text)
X_val, y_val = windows(held_out)


class CharModel(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.lstm = nn.LSTM(input_size=16, hidden_size=hidden, batch_first=True)
        self.embed = nn.Embedding(n_vocab, 16)
        self.linear = nn.Linear(hidden, n_vocab)

    def forward(self, x):
        x = self.embed(x)
        x, _ = self.lstm(x)
        return self.linear(x[:, -1, :])


model = CharModel()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

model.train()
for step in range(400):
    rows = torch.randint(0, len(X), (64,))
    loss = F.cross_entropy(model(X[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print("step %d: cross-entropy %.4f" % (step, loss.item()))

model.eval()
with torch.no_grad():
    nll = F.cross_entropy(model(X_val), y_val).item()
print("FINAL nll=%.4f" % nll)
