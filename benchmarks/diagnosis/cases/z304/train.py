import os
import math
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

SENTENCES = ["the cat sat on the mat. ", "a dog ran to the big house. ", "we saw the red sun rise. ", "it rained on the old town. "]
g = torch.Generator().manual_seed(4)
order = torch.randint(0, len(SENTENCES), (900,), generator=g).tolist()
text = "".join(SENTENCES[i] for i in order)
chars = sorted(set(text))
ids = torch.tensor([chars.index(c) for c in text])
cut = int(0.9 * len(ids))
B, T = 16, 20


def stream(x):
    n = len(x) // B
    return x[: n * B].view(B, n)


class CharRNN(nn.Module):
    def __init__(self, vocab, dim=64):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.proj = nn.Linear(dim, vocab)
        self.proj.weight = self.embed.weight          # tied

    def forward(self, x, state=None):
        h, state = self.rnn(self.embed(x), state)
        return self.proj(h), state


model = CharRNN(len(chars))
nn.init.normal_(model.embed.weight, std=0.1)
opt = torch.optim.SGD(model.parameters(), lr=4.0)
criterion = nn.CrossEntropyLoss()


def run(data, train):
    model.train(train)
    state, total, count = None, 0.0, 0
    for i in range(0, data.size(1) - 1, T):
        x, y = data[:, i:i + T], data[:, i + 1:i + 1 + T]
        x = x[:, : y.size(1)]
        with torch.set_grad_enabled(train):
            out, state = model(x, state)
            state = tuple(s.detach() for s in state)
            loss = criterion(out.flatten(0, 1), y.flatten())
        if train:
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            opt.step()
        total, count = total + loss.item() * y.numel(), count + y.numel()
    return total / count


train_data, val_data = stream(ids[:cut]), stream(ids[cut:])
for epoch in range(12):
    tl = run(train_data, True)
    vl = run(val_data, False)
    print(f"epoch {epoch + 1}: train {tl:.3f} valid {vl:.3f} ppl {math.exp(vl):.2f}")
    if epoch >= 7:
        opt.param_groups[0]["lr"] /= 2
print(f"FINAL nll={vl:.4f}")
