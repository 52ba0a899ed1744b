import os
import random

import torch
import torch.nn as nn
import torch.optim as optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

PAD, SOS, EOS = 0, 1, 2
LETTERS = "abcdefgh"
VOCAB = len(LETTERS) + 3


def make_pair():
    n = random.randint(3, 6)
    src = [random.randrange(len(LETTERS)) + 3 for _ in range(n)]
    return torch.tensor(src + [EOS]), torch.tensor([SOS] + sorted(src) + [EOS])


def make_batch(pairs):
    src, trg = zip(*pairs)
    lengths = torch.tensor([len(s) for s in src])
    return pad_sequence(src, padding_value=PAD), lengths, pad_sequence(trg, padding_value=PAD)


class Encoder(nn.Module):
    def __init__(self, emb=24, hid=72):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb, padding_idx=PAD)
        self.rnn = nn.GRU(emb, hid)

    def forward(self, src, lengths):
        packed = pack_padded_sequence(self.embedding(src), lengths, enforce_sorted=False)
        _, hidden = self.rnn(packed)
        return hidden


class Decoder(nn.Module):
    def __init__(self, emb=24, hid=72):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb, padding_idx=PAD)
        self.rnn = nn.GRU(emb + hid, hid)
        self.fc_out = nn.Linear(2 * hid, VOCAB)

    def forward(self, token, hidden, context):
        e = torch.cat([self.embedding(token)[None], context], 2)
        output, hidden = self.rnn(e, hidden)
        return self.fc_out(torch.cat([output, context], 2)[0]), hidden


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, src, lengths, trg, teacher_forcing_ratio=0.7):
        context = hidden = self.encoder(src, lengths)
        token, outputs = trg[0], []
        for t in range(1, len(trg)):
            logits, hidden = self.decoder(token, hidden, context)
            outputs.append(logits)
            token = trg[t] if random.random() < teacher_forcing_ratio else logits.argmax(1)
        return torch.stack(outputs)


pairs = [make_pair() for _ in range(3000)]
held_out = [make_pair() for _ in range(300)]
model = Seq2Seq()
optimizer = optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
BATCH = 64

for epoch in range(9):
    model.train()
    random.shuffle(pairs)
    epoch_loss = 0.0
    for i in range(0, len(pairs), BATCH):
        src, lengths, trg = make_batch(pairs[i:i + BATCH])
        optimizer.zero_grad()
        output = model(src, lengths, trg)
        loss = criterion(output.reshape(-1, VOCAB), trg[1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        epoch_loss += loss.item()
    print(f"Epoch: {epoch + 1:02} | Train Loss: {epoch_loss / (len(pairs) / BATCH):.3f}")

model.eval()
with torch.no_grad():
    src, lengths, trg = make_batch(held_out)
    out = model(src, lengths, trg, 0.0).argmax(2)
    mask = trg[1:] != PAD
    acc = (out == trg[1:])[mask].float().mean().item()
print(f"FINAL token_accuracy={acc:.4f}")
