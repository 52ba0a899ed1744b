import os
import random

import torch
from torch.utils.data import DataLoader
from transformers import DistilBertConfig, DistilBertForSequenceClassification, get_linear_schedule_with_warmup, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
WORDS = {
    0: ["awful", "boring", "broken", "cheap", "slow", "noisy"],
    1: ["great", "lovely", "solid", "clever", "quick", "quiet"],
    2: ["arrived", "bought", "box", "colour", "phone", "cable", "yesterday", "again", "it", "the"],
}
vocab = ["[PAD]", "[CLS]", "not"] + [w for group in WORDS.values() for w in group]
index = {w: i for i, w in enumerate(vocab)}


def review():
    label = random.randint(0, 1)
    negate = random.random() < 0.3
    words = random.choices(WORDS[2], k=random.randint(4, 8))
    at = random.randint(0, len(words))
    opinion = random.choice(WORDS[label ^ negate])
    words[at:at] = ["not", opinion] if negate else [opinion]
    return [index["[CLS]"]] + [index[w] for w in words], label


def collate(batch):
    length = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([i + [0] * (length - len(i)) for i, _ in batch])
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": torch.tensor([y for _, y in batch])}


train_dataloader = DataLoader([review() for _ in range(2400)], batch_size=32, shuffle=True, collate_fn=collate)
eval_dataloader = DataLoader([review() for _ in range(500)], batch_size=100, collate_fn=collate)
config = DistilBertConfig(vocab_size=len(vocab), dim=48, hidden_dim=96, n_layers=2, n_heads=4, max_position_embeddings=16,
                          dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0, num_labels=2)
model = DistilBertForSequenceClassification(config)

learning_rate = 2e-3
num_epochs = 4
optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
total_steps = num_epochs * len(train_dataloader)
lr_scheduler = get_linear_schedule_with_warmup(optimizer, int(0.06 * total_steps), total_steps)

for epoch in range(num_epochs):
    model.train()
    total = 0.0
    for batch in train_dataloader:
        outputs = model(**batch)
        outputs.loss.backward()
        optimizer.step()
        lr_scheduler.step()
        optimizer.zero_grad()
        total += outputs.loss.item()
    model.eval()
    hits = 0
    for batch in eval_dataloader:
        with torch.no_grad():
            logits = model(**batch).logits
        hits += (logits.argmax(-1) == batch["labels"]).sum().item()
    print(f"epoch {epoch}: train loss {total / len(train_dataloader):.4f} eval accuracy {hits / 500:.4f}")
print(f"FINAL accuracy={hits / 500:.4f}")
