import os
import random

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

VERBS = {"lights": ["dim", "brighten", "illuminate"], "music": ["play", "skip", "shuffle"], "heat": ["warm", "cool", "heat"],
         "door": ["lock", "open", "unlock"], "timer": ["remind", "wake", "count"]}
FILLER = "please could you the my a now in kitchen hall bedroom again quickly for me to then just room tonight".split()
LABELS = list(VERBS)
VOCAB = {w: i + 2 for i, w in enumerate(FILLER + [v for vs in VERBS.values() for v in vs])}  # 0 pad, 1 cls
MAXLEN = 14


def sentence():
    label = random.randrange(len(LABELS))
    words = random.choices(FILLER, k=random.randint(3, 11))
    words.insert(random.randint(0, len(words)), random.choice(VERBS[LABELS[label]]))
    return [1] + [VOCAB[w] for w in words], label


def collate(rows):
    ids = torch.zeros(len(rows), MAXLEN, dtype=torch.long)
    for k, (row, _) in enumerate(rows):
        ids[k, :len(row)] = torch.tensor(row)
    return ids, torch.tensor([y for _, y in rows])


class CommandNet(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.embed = nn.Embedding(len(VOCAB) + 2, d, padding_idx=0)
        self.pos = nn.Parameter(0.02 * torch.randn(MAXLEN, d))
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.classify = nn.Linear(d, len(LABELS))

    def forward(self, ids):
        mask = ids != 0
        mask[:, 0] = False  # the class token always takes part
        h = self.encoder(self.embed(ids) + self.pos, src_key_padding_mask=mask)
        return self.classify(self.norm(h[:, 0]))


train = [sentence() for _ in range(2400)]
valid = [sentence() for _ in range(800)]
loader = torch.utils.data.DataLoader(train, batch_size=48, shuffle=True, collate_fn=collate)
net = CommandNet()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(7):
    net.train()
    running = []
    for ids, y in loader:
        loss = nn.functional.cross_entropy(net(ids), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    net.eval()
    with torch.no_grad():
        ids, y = collate(valid)
        acc = (net(ids).argmax(-1) == y).float().mean().item()
    print(f"epoch {epoch}: loss {sum(running) / len(running):.4f} acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
