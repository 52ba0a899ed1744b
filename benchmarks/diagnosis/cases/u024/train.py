import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

TAGS = ["DET", "ADJ", "NOUN", "VERB", "ADV", "PREP", "PRON", "CONJ", "NUM", "PUNCT", "AUX", "PART", "INTJ", "X"]
K = len(TAGS)
TRANS = rng.dirichlet(np.full(K, 0.25), K)
V = 150
EMIT = rng.dirichlet(np.full(V, 0.06), K)
TRANS_CUM, EMIT_CUM = TRANS.cumsum(1), EMIT.cumsum(1)


def sample_sentences(n, length=14):
    tags = np.zeros((n, length), dtype=np.int64)
    words = np.zeros((n, length), dtype=np.int64)
    state = rng.randint(0, K, n)
    for t in range(length):
        tags[:, t] = state
        words[:, t] = (rng.rand(n, 1) > EMIT_CUM[state]).sum(1).clip(0, V - 1)
        state = (rng.rand(n, 1) > TRANS_CUM[state]).sum(1).clip(0, K - 1)
    return torch.from_numpy(words), torch.from_numpy(tags)


class LSTMTagger(nn.Module):
    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, bidirectional=True, batch_first=True)
        self.hidden2tag = nn.Linear(2 * hidden_dim, tagset_size)

    def forward(self, sentence):
        lstm_out, _ = self.lstm(self.word_embeddings(sentence))
        tag_space = self.hidden2tag(lstm_out)
        return F.softmax(tag_space, dim=-1)


train_w, train_t = sample_sentences(1500)
test_w, test_t = sample_sentences(300)
model = LSTMTagger(24, 24, V, K)
loss_function = nn.NLLLoss()
optimizer = optim.SGD(model.parameters(), lr=0.3, momentum=0.9)

for epoch in range(6):
    perm = torch.randperm(len(train_w))
    total = 0
    for i in range(0, len(perm), 25):
        model.zero_grad()
        b = perm[i:i + 25]
        tag_scores = model(train_w[b])
        loss = loss_function(tag_scores.reshape(-1, K), train_t[b].reshape(-1))
        loss.backward()
        optimizer.step()
        total += loss.item()
    with torch.no_grad():
        acc = (model(test_w).argmax(-1) == test_t).float().mean().item()
    print(f"epoch {epoch} loss {total / (len(perm) / 25):.4f} tag accuracy {acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
