import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import GPT2Config, GPT2LMHeadModel, get_cosine_schedule_with_warmup, set_seed

set_seed(int(os.environ.get("SEED", 0)))
N = 5


def rows(n):
    digits = torch.randint(0, 8, (n, N))
    return torch.cat([digits, torch.full((n, 1), 8), digits.sort(1).values], 1)


def labels_for(ids):
    labels = ids.clone()
    labels[:, : N + 1] = -100
    return labels


model = GPT2LMHeadModel(GPT2Config(vocab_size=9, n_positions=2 * N + 1, n_embd=48, n_layer=2, n_head=4, resid_pdrop=0.0,
                                   embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=8, eos_token_id=8))
steps, accumulate = 350, 2
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
scheduler = get_cosine_schedule_with_warmup(optimizer, 30, steps)
model.train()
for step in range(steps):
    for _ in range(accumulate):
        ids = rows(24)
        loss = model(input_ids=ids, labels=labels_for(ids)).loss / accumulate
        loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    optimizer.zero_grad()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item() * accumulate:.4f}")

model.eval()
ids = rows(400)
with torch.no_grad():
    nll = model(input_ids=ids, labels=labels_for(ids)).loss.item()
print(f"FINAL nll={nll:.4f}")
