import os
import random
import torch
import torch.nn as nn
import torch.optim as optim

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

# part-of-speech tagging of toy sentences
LEX = {"DET": ["the", "a", "every"], "ADJ": ["big", "green", "odd"], "N": ["cat", "lamp", "walk", "saw"], "V": ["sees", "walk", "saw", "eats"]}
TAGS = {t: i for i, t in enumerate(LEX)}


def sentence():
    tags = ["DET"] + ["ADJ"] * random.randint(0, 2) + ["N", "V", "DET"] + ["ADJ"] * random.randint(0, 1) + ["N"]
    return [random.choice(LEX[t]) for t in tags], tags


data = [sentence() for _ in range(260)]
test = [sentence() for _ in range(80)]
vocab = {w: i for i, w in enumerate(sorted({w for ws in LEX.values() for w in ws}))}


def prepare(seq, to_ix):
    return torch.tensor([to_ix[w] for w in seq], dtype=torch.long)


class LSTMTagger(nn.Module):
    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super(LSTMTagger, self).__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentence):
        embeds = self.word_embeddings(sentence)
        lstm_out, _ = self.lstm(embeds.view(len(sentence), 1, -1))
        return self.hidden2tag(lstm_out.view(len(sentence), -1))


model = LSTMTagger(16, 16, len(vocab), len(TAGS))
loss_function = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)

for epoch in range(5):
    random.shuffle(data)
    for words, tags in data:
        model.zero_grad()
        scores = model(prepare(words, vocab))
        target = prepare(tags, TAGS)
        losses = []
        for t in range(len(target)):
            losses.append(loss_function(scores[t:t + 1], target[t:t + 1]).item())
        loss = torch.tensor(losses, requires_grad=True).mean()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())

with torch.no_grad():
    hit = total = 0
    for words, tags in test:
        pred = model(prepare(words, vocab)).argmax(1)
        hit += (pred == prepare(tags, TAGS)).sum().item()
        total += len(tags)
print(f"FINAL accuracy={hit / total:.4f}")
