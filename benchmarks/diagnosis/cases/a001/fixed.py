import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

# toy corpus: sentences from a small grammar
subj = ["the cat", "a dog", "my uncle", "the old baker", "her sister"]
verb = ["sees", "likes", "paints", "follows", "forgets"]
obj = ["the red car", "a small house", "two birds", "the long road", "an apple"]
text = ""
for _ in range(1500):
    text += f"{subj[rng.randint(5)]} {verb[rng.randint(5)]} {obj[rng.randint(5)]}. "

chars = sorted(set(text))
char2int = {c: i for i, c in enumerate(chars)}
encoded = np.array([char2int[c] for c in text])
cut = int(len(encoded) * 0.9)


def get_batches(arr, n_seqs, n_steps):
    per_batch = n_seqs * n_steps
    n_batches = (len(arr) - 1) // per_batch
    x = arr[: n_batches * per_batch].reshape(n_seqs, -1)
    y = arr[1 : n_batches * per_batch + 1].reshape(n_seqs, -1)
    for n in range(0, x.shape[1], n_steps):
        yield torch.from_numpy(x[:, n : n + n_steps]), torch.from_numpy(y[:, n : n + n_steps])


class CharRNN(nn.Module):
    def __init__(self, n_tokens, n_hidden=64):
        super().__init__()
        self.n_hidden = n_hidden
        self.embed = nn.Embedding(n_tokens, 24)
        self.lstm = nn.LSTM(24, n_hidden, batch_first=True)
        self.fc = nn.Linear(n_hidden, n_tokens)

    def forward(self, x, hc):
        x, hc = self.lstm(self.embed(x), hc)
        return self.fc(x.reshape(-1, self.n_hidden)), hc

    def init_hidden(self, n):
        return torch.zeros(1, n, self.n_hidden), torch.zeros(1, n, self.n_hidden)


net = CharRNN(len(chars))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()

for e in range(4):
    h = net.init_hidden(16)
    for i, (x, y) in enumerate(get_batches(encoded[:cut], 16, 30)):
        h = tuple(each.detach() for each in h)
        opt.zero_grad()
        output, h = net(x, h)
        loss = criterion(output, y.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5)
        opt.step()
        if i % 40 == 0:
            print(f"Epoch {e + 1}  step {i}  loss {loss.item():.4f}")

net.eval()
total, n = 0.0, 0
with torch.no_grad():
    h = net.init_hidden(4)
    for x, y in get_batches(encoded[cut:], 4, 30):
        output, h = net(x, h)
        total += criterion(output, y.reshape(-1)).item()
        n += 1
print(f"FINAL nll={total / n:.4f}")
