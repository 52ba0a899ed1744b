import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch.utils.data import DataLoader, Dataset
from transformers import T5Config, T5ForConditionalGeneration, get_linear_schedule_with_warmup, set_seed

set_seed(int(os.environ.get("SEED", 0)))
EPOCHS = 8
PAD, EOS, FIRST, LETTERS, LONGEST = 0, 1, 2, 10, 5


class Alternate(Dataset):
    """A word; the answer repeats its first letter between all the others, e.g. abc -> abac."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.items = []
        for _ in range(n):
            size = int(torch.randint(2, LONGEST + 1, (1,), generator=g))
            word = (FIRST + torch.randperm(LETTERS, generator=g)[:size]).tolist()
            answer = [word[0]]
            for letter in word[1:]:
                answer += [letter, word[0]]
            self.items.append((word + [EOS], answer + [EOS]))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(items):
    source = torch.full((len(items), LONGEST + 1), PAD)
    labels = torch.full((len(items), 2 * LONGEST), -100)
    for row, (word, answer) in enumerate(items):
        source[row, : len(word)] = torch.tensor(word)
        labels[row, : len(answer)] = torch.tensor(answer)
    return {"input_ids": source, "attention_mask": (source != PAD).long(), "labels": labels}


config = T5Config(vocab_size=FIRST + LETTERS, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4, dropout_rate=0.0,
                  feed_forward_proj="gated-gelu", tie_word_embeddings=True, decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=EOS)
model = T5ForConditionalGeneration(config)
loader = DataLoader(Alternate(4000, 1), batch_size=64, shuffle=True, collate_fn=collate)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
scheduler = get_linear_schedule_with_warmup(optimizer, 60, EPOCHS * len(loader))
model.train()
for epoch in range(EPOCHS):
    for k, batch in enumerate(loader):
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        if k == 0:
            print(f"epoch {epoch} batch {k} loss {loss.item():.4f}")

model.eval()
batch = collate(Alternate(300, 2).items)
with torch.no_grad():
    out = model(**batch)
wanted = batch["labels"]
right = (out.logits.argmax(-1) == wanted) | (wanted == -100)
print(f"token loss {out.loss.item():.4f}")
print(f"FINAL accuracy={right.all(1).float().mean().item():.4f}")
