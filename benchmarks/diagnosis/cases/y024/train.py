import os
import random

import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

DET = ["the", "a"]
ANIMATE = {"dog": "bone", "cat": "mouse", "child": "toy", "bird": "worm"}
VERBS = {"s": ["eats", "sees", "finds"], "p": ["eat", "see", "find"]}
PLACES = ["house", "garden", "street"]
words = ["<pad>", "<mask>", "."] + DET + list(ANIMATE) + [a + "s" for a in ANIMATE]
words += list(ANIMATE.values()) + VERBS["s"] + VERBS["p"] + PLACES + ["in", "many"]
ids = {w: i for i, w in enumerate(words)}


def sentence():
    who = random.choice(list(ANIMATE))
    if random.random() < 0.5:
        head, verb = [random.choice(DET), who], random.choice(VERBS["s"])
    else:
        head, verb = ["many", who + "s"], random.choice(VERBS["p"])
    rest = [verb, "the", ANIMATE[who]]
    if random.random() < 0.5:
        rest += ["in", "the", random.choice(PLACES)]
    out = head + rest + ["."]
    return [ids[w] for w in out] + [0] * (9 - len(out))


def corpus(n):
    return torch.tensor([sentence() for _ in range(n)])


def corrupt(tokens):
    pick = (torch.rand(tokens.shape) < 0.2) & (tokens != 0)
    labels = tokens.masked_fill(~pick, -100)
    return tokens.masked_fill(pick, 1), labels


class TinyBert(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.tok = nn.Embedding(len(words), d, padding_idx=0)
        self.pos = nn.Embedding(9, d)
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.decoder = nn.Linear(d, len(words))
        nn.init.normal_(self.tok.weight, std=0.1)
        self.decoder.weight = self.tok.weight

    def forward(self, t):
        h = self.tok(t) + self.pos(torch.arange(t.shape[1]))
        h = self.enc(h, src_key_padding_mask=t == 0)
        return self.decoder(self.norm(h))


train = corpus(3000)
model = TinyBert()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
STEPS, WARM = 500, 50
sched = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: min((s + 1) / WARM, (STEPS - s) / (STEPS - WARM))
)
for step in range(STEPS):
    inp, lab = corrupt(train[torch.randint(0, len(train), (64,))])
    loss = F.cross_entropy(model(inp).flatten(0, 1), lab.flatten(), ignore_index=-100)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.3f}")
model.eval()
with torch.no_grad():
    inp, lab = corrupt(corpus(1500))
    nll = F.cross_entropy(model(inp).flatten(0, 1), lab.flatten()).item()
print(f"FINAL nll={nll:.4f}")
