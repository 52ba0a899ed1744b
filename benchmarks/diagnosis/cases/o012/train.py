import os
import random
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

# seq2seq: reverse a short string of symbols
VOCAB = 20
SOS = 0
LEN = 6
HID = 48


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super(EncoderRNN, self).__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)

    def forward(self, input):
        return self.gru(self.embedding(input))[1]


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super(DecoderRNN, self).__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, input, hidden):
        output, hidden = self.gru(torch.relu(self.embedding(input)), hidden)
        return self.out(output), hidden


def get_batch(n):
    src = torch.randint(1, VOCAB, (n, LEN))
    return src, src.flip(1)


encoder = EncoderRNN(VOCAB, HID)
decoder = DecoderRNN(HID, VOCAB)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(decoder.parameters(), lr=0.01)

print_loss_total = 0
for it in range(1, 501):
    src, tgt = get_batch(64)
    optimizer.zero_grad()
    hidden = encoder(src)
    inp = torch.cat([torch.full((64, 1), SOS), tgt[:, :-1]], dim=1)   # teacher forcing
    logits, _ = decoder(inp, hidden)
    loss = criterion(logits.reshape(-1, VOCAB), tgt.reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
    optimizer.step()
    print_loss_total += loss.item()
    if it % 100 == 0:
        print('%d %.4f' % (it, print_loss_total / 100))
        print_loss_total = 0


def evaluate(n=500):
    with torch.no_grad():
        src, tgt = get_batch(n)
        hidden = encoder(src)
        tok = torch.full((n, 1), SOS)
        right = 0
        for k in range(LEN):
            logits, hidden = decoder(tok, hidden)
            tok = logits.argmax(-1)
            right += (tok[:, 0] == tgt[:, k]).sum().item()
    return right / (n * LEN)


print('FINAL accuracy=%.4f' % evaluate())
