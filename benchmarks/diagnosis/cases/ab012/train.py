import os
import random
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
random.seed(SEED)

PAD, SOS, EOS = 0, 1, 2
N_SYM, HID = 10, 64


def make_pairs(n, length=6):
    """Source: symbols. Target: the source reversed, each symbol moved by one."""
    src = torch.randint(3, 3 + N_SYM, (n, length))
    trg = (src.flip(1) - 3 + 1) % N_SYM + 3
    one = torch.ones(n, 1, dtype=torch.long)
    return src, torch.cat([one * SOS, trg, one * EOS], 1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(3 + N_SYM, HID)
        self.rnn = nn.GRU(HID, HID, batch_first=True)

    def forward(self, src):
        return self.rnn(self.embedding(src))[1]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(3 + N_SYM, HID)
        self.rnn = nn.GRU(HID, HID, batch_first=True)
        self.fc_out = nn.Linear(HID, 3 + N_SYM)

    def forward(self, tok, hidden):
        out, hidden = self.rnn(self.embedding(tok), hidden)
        return self.fc_out(out), hidden


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, src, trg):
        return self.decoder(trg, self.encoder(src))[0]

    @torch.no_grad()
    def translate(self, src, steps):
        hidden = self.encoder(src)
        tok = torch.full((len(src), 1), SOS)
        out = []
        for _ in range(steps):
            logits, hidden = self.decoder(tok, hidden)
            tok = logits.argmax(2)
            out.append(tok)
        return torch.cat(out, 1)


def train_epoch(model, src, trg, optimizer, criterion):
    model.train()
    total, batches = 0.0, torch.randperm(len(src)).split(64)
    for idx in batches:
        s, t = src[idx], trg[idx]
        output = model(s, t[:, 1:])
        loss = criterion(output.reshape(-1, output.size(-1)), t[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        total += loss.item()
    return total / len(batches)


src, trg = make_pairs(3000)
vsrc, vtrg = make_pairs(500)
model = Seq2Seq()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
for epoch in range(12):
    loss = train_epoch(model, src, trg, optimizer, criterion)
    print(f"Epoch {epoch + 1:02} | Train loss {loss:.4f}")
model.eval()
out = model.translate(vsrc, vtrg.size(1) - 1)
print(vsrc[0].tolist(), "->", out[0].tolist(), "expected", vtrg[0, 1:].tolist())
acc = (out == vtrg[:, 1:])[:, :-1].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
