import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import f1_score

SEED = int(os.environ.get('SEED', '0'))
random.seed(SEED)
torch.manual_seed(SEED)

TOPICS = {
    'sport': 'match goal team coach league score referee stadium striker penalty'.split(),
    'money': 'bank shares profit market loan budget tax invest dividend price'.split(),
    'health': 'doctor clinic vaccine patient diet therapy nurse surgery virus sleep'.split(),
    'travel': 'flight hotel beach luggage passport island train visa cruise museum'.split(),
    'food': 'recipe flour oven butter garlic sauce chef kitchen spice dessert'.split(),
}
COMMON = 'the a of to in on with for and it is was new people day year said also more big'.split()
LABELS = list(TOPICS)
VOCAB = {w: i for i, w in enumerate(COMMON + [w for t in TOPICS.values() for w in t])}


def make_article():
    tags = [random.random() < 0.35 for _ in LABELS]
    words = random.choices(COMMON, k=random.randint(10, 20))
    for label, on in zip(LABELS, tags):
        if on:
            words += random.choices(TOPICS[label], k=random.randint(1, 4))
    if random.random() < 0.3:
        words.append(random.choice(TOPICS[random.choice(LABELS)]))
    random.shuffle(words)
    return [VOCAB[w] for w in words], [float(t) for t in tags]


def collate(articles):
    tokens, offsets, targets = [], [], []
    for words, tags in articles:
        offsets.append(len(tokens))
        tokens.extend(words)
        targets.append(tags)
    return torch.tensor(tokens), torch.tensor(offsets), torch.tensor(targets)


class TagModel(nn.Module):
    def __init__(self, vocab_size, dim, n_labels):
        super().__init__()
        self.bag = nn.EmbeddingBag(vocab_size, dim, mode='mean')
        self.hidden = nn.Linear(dim, 32)
        self.tags = nn.Linear(32, n_labels)

    def forward(self, tokens, offsets):
        return self.tags(F.relu(self.hidden(self.bag(tokens, offsets))))


train = [make_article() for _ in range(3000)]
test = [make_article() for _ in range(800)]
loader = torch.utils.data.DataLoader(train, batch_size=50, shuffle=True, collate_fn=collate)

model = TagModel(len(VOCAB), 32, len(LABELS))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
loss_fn = nn.BCEWithLogitsLoss()

tokens, offsets, truth = collate(test)
for epoch in range(12):
    model.train()
    losses = []
    for tk, off, tags in loader:
        opt.zero_grad()
        loss = loss_fn(model(tk, off), tags)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        guess = model(tokens, offsets) > 0
    f1 = f1_score(truth.numpy(), guess.numpy(), average='micro')
    print('epoch', epoch + 1, 'loss', round(sum(losses) / len(losses), 4), 'micro F1', round(f1, 4))

print(f'FINAL f1={f1:.4f}')
