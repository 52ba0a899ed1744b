import os
import random
import torch
import torch.nn as nn
from torch import optim
import torch.nn.functional as F

random.seed(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))

SOS, OFFSET, N_SYM, MAX_LEN = 0, 1, 10, 6


def pairs(n):
    """Digit strings and the same strings sorted."""
    src = torch.randint(0, N_SYM, (n, MAX_LEN))
    return src + OFFSET, src.sort(1).values + OFFSET


class EncoderRNN(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(N_SYM + OFFSET, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)

    def forward(self, seq):
        return self.gru(self.embedding(seq))[1]


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(N_SYM + OFFSET, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, N_SYM + OFFSET)

    def forward(self, tokens, hidden):
        output, hidden = self.gru(self.embedding(tokens), hidden)
        return self.out(output), hidden


def train_batch(src, tgt, encoder, decoder, encoder_optimizer, decoder_optimizer, criterion):
    encoder_optimizer.zero_grad()
    encoder_optimizer.zero_grad()

    hidden = encoder(src)
    inputs = torch.cat([torch.full((len(src), 1), SOS), tgt[:, :-1]], 1)
    scores, _ = decoder(inputs, hidden)
    loss = criterion(scores.reshape(-1, scores.size(-1)), tgt.reshape(-1))
    loss.backward()

    encoder_optimizer.step()
    decoder_optimizer.step()
    return loss.item()


@torch.no_grad()
def evaluate(encoder, decoder, src, tgt):
    hidden = encoder(src)
    token = torch.full((len(src), 1), SOS)
    right = 0
    for t in range(MAX_LEN):
        scores, hidden = decoder(token, hidden)
        token = scores.argmax(-1)
        right += (token[:, 0] == tgt[:, t]).sum().item()
    return right / tgt.numel()


def train_iters(encoder, decoder, n_iters, print_every=150, learning_rate=0.003):
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=learning_rate)
    decoder_optimizer = optim.Adam(decoder.parameters(), lr=learning_rate)
    criterion = nn.CrossEntropyLoss()
    total = 0
    for it in range(1, n_iters + 1):
        src, tgt = pairs(64)
        total += train_batch(src, tgt, encoder, decoder, encoder_optimizer, decoder_optimizer, criterion)
        if it % print_every == 0:
            print(f"{it} ({it / n_iters:.0%}) {total / print_every:.4f}")
            total = 0


enc, dec = EncoderRNN(64), DecoderRNN(64)
train_iters(enc, dec, 600)
print(f"FINAL accuracy={evaluate(enc, dec, *pairs(1000)):.4f}")
