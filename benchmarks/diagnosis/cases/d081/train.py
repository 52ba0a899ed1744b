import logging
import os
import random
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch.utils.data import DataLoader, TensorDataset
from transformers import GPT2Config, GPT2LMHeadModel, get_linear_schedule_with_warmup, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)


def sums(n):
    """Rows such as 27+45=072; the digits are written least significant first."""
    rows = []
    for _ in range(n):
        a, b = random.randint(0, 99), random.randint(0, 99)
        rows.append([int(c) for c in f"{a:02d}"[::-1]] + [10] + [int(c) for c in f"{b:02d}"[::-1]] + [11]
                    + [int(c) for c in f"{a + b:03d}"[::-1]])
    return torch.tensor(rows)


config = GPT2Config(vocab_size=12, n_positions=9, n_embd=48, n_layer=2, n_head=4, resid_pdrop=0.0, embd_pdrop=0.0,
                    attn_pdrop=0.0, bos_token_id=0, eos_token_id=0)
model = GPT2LMHeadModel(config)
train = DataLoader(TensorDataset(sums(6000)), batch_size=40, shuffle=True)
test = sums(500)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
scheduler = get_linear_schedule_with_warmup(optimizer, 40, 3 * len(train))
optimizer.zero_grad()
for epoch in range(3):
    model.train()
    for step, (ids,) in enumerate(train):
        labels = ids.clone()
        labels[:, :6] = -100
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 50 == 0:
            print(f"epoch {epoch} step {step} loss {loss.item():.4f}")

model.eval()
labels = test.clone()
labels[:, :6] = -100
with torch.no_grad():
    nll = model(input_ids=test, labels=labels).loss.item()
print(f"FINAL nll={nll:.4f}")
