import os

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

POS = "good great lovely superb fine charming brilliant".split()
NEG = "bad awful dull weak boring clumsy poor".split()
FILL = "the a film actor plot scene was very with and of music story this that ending camera".split()
VOCAB = {w: i for i, w in enumerate(["<pad>", "<cls>", "<unk>", "not"] + POS + NEG + FILL)}
MAX_LEN = 24


def review():
    label = int(torch.randint(0, 2, (1,)))
    words = [FILL[i] for i in torch.randint(len(FILL), (int(torch.randint(6, 14, (1,))),))]
    for _ in range(3):
        flip = torch.rand(1).item() < 0.3
        bank = (NEG if label else POS) if flip else (POS if label else NEG)
        phrase = (["not"] if flip else []) + [bank[int(torch.randint(len(bank), (1,)))]]
        at = int(torch.randint(0, len(words), (1,)))
        words[at:at] = phrase
    return " ".join(words), label


def encode(text):
    return torch.tensor([VOCAB["<cls>"]] + [VOCAB.get(w, 2) for w in text.split()])


def collate(rows):
    ids = pad_sequence([encode(t) for t, _ in rows] + [torch.zeros(MAX_LEN + 1, dtype=torch.long)], batch_first=True)[:-1]
    mask = ids != VOCAB["<pad>"]
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([l for _, l in rows])}


class ReviewClassifier(nn.Module):
    def __init__(self, vocab, d=32, heads=4, depth=2):
        super().__init__()
        self.tok = nn.Embedding(vocab, d, padding_idx=0)
        self.pos = nn.Parameter(0.02 * torch.randn(MAX_LEN + 1, d))
        layer = nn.TransformerEncoderLayer(d, heads, dim_feedforward=64, dropout=0.05, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.classifier = nn.Linear(d, 2)

    def forward(self, input_ids, attention_mask, labels=None):
        x = self.tok(input_ids) + self.pos[: input_ids.shape[1]]
        x = self.encoder(x, src_key_padding_mask=~attention_mask)
        logits = self.classifier(x[:, 0])
        loss = nn.functional.cross_entropy(logits, labels) if labels is not None else None
        return {"loss": loss, "logits": logits}


train = DataLoader([review() for _ in range(1600)], batch_size=32, shuffle=True, collate_fn=collate)
val = DataLoader([review() for _ in range(500)], batch_size=100, collate_fn=collate)
model = ReviewClassifier(len(VOCAB))
optim = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for batch in train:
        out = model(**batch)
        optim.zero_grad()
        out["loss"].backward()
        optim.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for batch in val:
            right += (model(**batch)["logits"].argmax(-1) == batch["labels"]).sum().item()
    print({"epoch": epoch, "loss": round(out["loss"].item(), 4), "accuracy": right / 500})
print(f"FINAL accuracy={right / 500:.4f}")
