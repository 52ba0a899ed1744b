import math
import os
import random
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

who = ["the cat", "a small dog", "my old aunt", "the tall man"]
does = ["sees", "likes", "follows", "never meets"]
where = ["in the park", "near the river", "at home", "on a rainy day"]


def story(n):
    return " ".join(f"{random.choice(who)} {random.choice(does)} {random.choice(who)} {random.choice(where)}." for _ in range(n))


train_text, test_text = story(700), story(80)
chars = sorted(set(train_text))
index = {c: i for i, c in enumerate(chars)}
train_ids = torch.tensor([index[c] for c in train_text])
test_ids = torch.tensor([index[c] for c in test_text])
SEQ = 60


class CharRNN(nn.Module):
    def __init__(self, n_chars, hidden=96):
        super().__init__()
        self.embed = nn.Embedding(n_chars, 32)
        self.rnn = nn.RNN(32, hidden, num_layers=2, nonlinearity="relu", batch_first=True)
        self.out = nn.Linear(hidden, n_chars)

    def forward(self, x):
        h, _ = self.rnn(self.embed(x))
        return self.out(h)


def get_batch(ids, size=24):
    starts = torch.randint(0, len(ids) - SEQ - 1, (size,))
    x = torch.stack([ids[s:s + SEQ] for s in starts.tolist()])
    y = torch.stack([ids[s + 1:s + SEQ + 1] for s in starts.tolist()])
    return x, y


model = CharRNN(len(chars))
optimizer = torch.optim.SGD(model.parameters(), lr=5.0)
criterion = nn.CrossEntropyLoss()
for step in range(300):
    x, y = get_batch(train_ids)
    loss = criterion(model(x).reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: {loss.item():.4f}")

with torch.no_grad():
    n = (len(test_ids) - 1) // SEQ
    x = test_ids[:n * SEQ].view(n, SEQ)
    y = test_ids[1:n * SEQ + 1].view(n, SEQ)
    nll = criterion(model(x).reshape(-1, len(chars)), y.reshape(-1)).item()
print(f"FINAL bits={nll / math.log(2):.4f}")
