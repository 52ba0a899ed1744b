import os
import random

import numpy as np
import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification, get_linear_schedule_with_warmup

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

VOCAB = 120
PAIRS = {0: [(10, 11), (12, 13)], 1: [(11, 10), (14, 15)], 2: [(16, 17), (17, 16)]}


def encode(label, length=12):
    """A request is of the class whose word pair occurs in that order."""
    ids = [random.randrange(20, VOCAB) for _ in range(length - 1)]
    a, b = random.choice(PAIRS[label])
    p = random.randrange(0, length - 2)
    ids[p:p + 2] = [a, b]
    return [1] + ids


def dataset(n):
    y = [random.randrange(3) for _ in range(n)]
    return torch.utils.data.TensorDataset(torch.tensor([encode(k) for k in y]), torch.tensor(y))


train_dl = torch.utils.data.DataLoader(dataset(1920), batch_size=32, shuffle=True)
valid_dl = torch.utils.data.DataLoader(dataset(500), batch_size=100)

config = DistilBertConfig(vocab_size=VOCAB, dim=48, hidden_dim=96, n_layers=2, n_heads=2, max_position_embeddings=16,
                          num_labels=3, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0)
model = DistilBertForSequenceClassification(config)

epochs = 8
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
total_steps = epochs
scheduler = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=1, num_training_steps=total_steps)

for epoch in range(epochs):
    model.train()
    losses = []
    for ids, labels in train_dl:
        out = model(input_ids=ids, labels=labels)
        out.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(out.loss.item())
    print(f"epoch {epoch + 1}/{epochs} train loss {np.mean(losses):.4f}")

model.eval()
hits = n = 0
with torch.no_grad():
    for ids, labels in valid_dl:
        hits += (model(input_ids=ids).logits.argmax(-1) == labels).sum().item()
        n += len(labels)
print(f"FINAL accuracy={hits / n:.4f}")
