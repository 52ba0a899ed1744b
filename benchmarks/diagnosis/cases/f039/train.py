import os
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

LINES = """the rain came down on the tin roof all night and the river rose by a hand
in the morning the ferry man counted the planks and found that two were gone
he said the river keeps what it likes and gives back what it does not need
the children ran along the bank to look for the planks and came home with a door
it was a good door with a brass handle and nobody in the village knew it
so they set it up in the field where it opened on the sky and closed on the grass
and every evening one of them went through it to see if the other side had changed
"""
text = LINES * 40
itos = sorted(set(text))
encode = {ch: i for i, ch in enumerate(itos)}
ids = torch.tensor([encode[c] for c in text])


class GRULanguageModel(nn.Module):
    def __init__(self, vocab_size, embed_dim=32, hidden_dim=96):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_dim)
        self.gru = nn.GRU(embed_dim, hidden_dim, batch_first=True)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x):
        out, _ = self.gru(self.embed(x))
        return self.fc(out)


SEQ = 40


def sequences(n):
    starts = torch.randint(0, len(ids) - SEQ - 1, (n,))
    window = ids[starts[:, None] + torch.arange(SEQ + 1)]
    return window


model = GRULanguageModel(len(itos))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for step in range(300):
    window = sequences(24)
    inputs, targets = window[:, :-1], window[:, :-1]
    logits = model(inputs)
    loss = criterion(logits.reshape(-1, len(itos)), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")

# how well does it continue the story?
model.eval()
with torch.no_grad():
    window = sequences(200)
    logp = model(window[:, :-1]).log_softmax(-1)
    nll = -logp.gather(-1, window[:, 1:, None]).mean()
print(f"FINAL nll={nll.item():.4f}")
