import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# which department should a help desk message go to?
TOPICS = {
    "billing": "invoice refund card charge price payment receipt discount".split(),
    "network": "wifi router signal slow cable modem offline speed".split(),
    "account": "password login email locked username profile reset code".split(),
    "device": "screen battery broken keyboard charger heat button camera".split(),
    "other": "thanks hello question office hours people website news".split(),
}
NOISE = "i my the is a please can you it was not have with very today and".split()
names = list(TOPICS)
SHARE = [0.4, 0.25, 0.15, 0.1, 0.1]
r = random.Random(100)


def message():
    k = r.choices(range(5), SHARE)[0]
    words = [r.choice(NOISE) for _ in range(r.randint(5, 9))]
    for _ in range(2):
        words.insert(r.randint(0, len(words)), r.choice(TOPICS[names[k]]))
    if r.random() < 0.4:
        words.append(r.choice(TOPICS[r.choice(names)]))
    return words, k


data = [message() for _ in range(1500)]
word_to_ix = {}
for sent, _ in data:
    for word in sent:
        if word not in word_to_ix:
            word_to_ix[word] = len(word_to_ix)
train_data, test_data = data[:1000], data[1000:]


class BoWClassifier(nn.Module):
    def __init__(self, num_labels, vocab_size):
        super(BoWClassifier, self).__init__()
        self.emb = nn.EmbeddingBag(vocab_size, 16, mode="sum")
        self.linear = nn.Linear(16, num_labels)

    def forward(self, ids, offsets):
        return self.linear(torch.tanh(self.emb(ids, offsets)))


def collate(rows):
    ids, off = [], []
    for words, _ in rows:
        off.append(len(ids))
        ids += [word_to_ix[w] for w in words]
    return torch.tensor(ids), torch.tensor(off), torch.tensor([k for _, k in rows])


model = BoWClassifier(len(names), len(word_to_ix))
loss_function = nn.NLLLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)
for epoch in range(10):
    random.Random(epoch).shuffle(train_data)
    total = 0
    for i in range(0, 1000, 20):
        model.zero_grad()
        ids, off, target = collate(train_data[i:i + 20])
        log_probs = model(ids, off)
        loss = loss_function(log_probs, target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total / 50)

with torch.no_grad():
    ids, off, target = collate(test_data)
    acc = (model(ids, off).argmax(1) == target).float().mean()
print("FINAL accuracy=%.4f" % acc)
