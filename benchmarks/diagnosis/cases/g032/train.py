import os
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
SYMBOLS, LENGTH, SOS = 10, 7, 0


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)

    def forward(self, tokens):
        return self.gru(self.embedding(tokens))


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, tokens, hidden):
        output, _ = self.gru(F.relu(self.embedding(tokens)), hidden)
        return self.out(output)


def pairs(n):
    source = torch.randint(1, SYMBOLS, (n, LENGTH))
    target = source.flip(1)
    given = torch.cat([torch.full((n, 1), SOS), target[:, :-1]], dim=1)
    return source, given, target


def train_step(batch, encoder, decoder, encoder_optimizer, decoder_optimizer, criterion):
    source, given, target = batch
    encoder_optimizer.zero_grad()
    decoder_optimizer.zero_grad()
    _, hidden = encoder(source)
    scores = decoder(given, hidden)
    loss = criterion(scores.reshape(-1, SYMBOLS), target.reshape(-1))
    loss.backward()
    decoder_optimizer.step()
    return loss.item()


def main():
    hidden_size = 48
    encoder, decoder = EncoderRNN(SYMBOLS, hidden_size), DecoderRNN(hidden_size, SYMBOLS)
    encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=5e-3)
    decoder_optimizer = torch.optim.Adam(decoder.parameters(), lr=5e-3)
    criterion = nn.CrossEntropyLoss()
    print_total = 0.0
    for iteration in range(1, 701):
        print_total += train_step(pairs(64), encoder, decoder, encoder_optimizer, decoder_optimizer, criterion)
        if iteration % 100 == 0:
            print(f"({iteration}) {print_total / 100:.4f}")
            print_total = 0.0
    source, given, target = pairs(500)
    with torch.no_grad():
        _, hidden = encoder(source)
        guess = decoder(given, hidden).argmax(-1)
    print(f"FINAL accuracy={(guess == target).float().mean().item():.4f}")


if __name__ == "__main__":
    main()
