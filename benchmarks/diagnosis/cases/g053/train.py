import os
import random
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

subjects = ["the cat", "the old man", "a student", "my sister", "the captain", "a small bird"]
verbs = ["sees", "follows", "remembers", "paints", "forgets"]
objects = ["a river", "the mountain", "two lamps", "the garden", "a letter", "some music"]
ends = [" in the morning. ", " at night. ", ". ", " again. "]
text = "".join(f"{random.choice(subjects)} {random.choice(verbs)} {random.choice(objects)}{random.choice(ends)}" for _ in range(1500))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
split = int(0.9 * len(data))
train_data, test_data = data[:split], data[split:]
block = 48


class CharGRU(nn.Module):
    def __init__(self, n_vocab, n_embed, n_hidden):
        super().__init__()
        self.embed = nn.Embedding(n_vocab, n_embed)
        self.rnn = nn.GRU(n_embed, n_hidden, batch_first=True)
        self.head = nn.Linear(n_hidden, n_vocab)

    def forward(self, idx):
        h, _ = self.rnn(self.embed(idx))
        return self.head(h)


def get_batch(source, batch_size):
    start = torch.randint(0, len(source) - block - 1, (batch_size,))
    x = torch.stack([source[s:s + block] for s in start])
    y = torch.stack([source[s + 1:s + block + 1] for s in start])
    return x, y


model = CharGRU(len(chars), 16, 5)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for step in range(600):
    x, y = get_batch(train_data, 24)
    logits = model(x)
    loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step}: loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = get_batch(test_data, 400)
    nll = criterion(model(x).reshape(-1, len(chars)), y.reshape(-1)).item()
print(f"FINAL nll={nll:.4f}")
