import os
import tempfile

import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForMaskedLM, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
PAD, MASK, OFFSET, VOCAB, LENGTH = 0, 1, 2, 42, 16


class CountingTokens(Dataset):
    """Sequences that count up in steps of one or two, modulo 40; a masked one follows from its neighbours."""

    def __init__(self, n, seed, rate=0.15):
        g = torch.Generator().manual_seed(seed)
        start = torch.randint(0, 40, (n, 1), generator=g)
        step = torch.randint(1, 3, (n, 1), generator=g)
        self.tokens = (start + step * torch.arange(LENGTH)) % 40 + OFFSET
        self.generator, self.rate = g, rate

    def __len__(self):
        return len(self.tokens)

    def __getitem__(self, i):
        ids = self.tokens[i].clone()
        hidden = torch.rand(LENGTH, generator=self.generator) < self.rate
        if not hidden.any():
            hidden[int(torch.randint(0, LENGTH, (1,), generator=self.generator))] = True
        labels = torch.where(hidden, ids, -100)
        swap = hidden & (torch.rand(LENGTH, generator=self.generator) < 0.9)
        ids[swap] = MASK
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


config = BertConfig(vocab_size=VOCAB, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=LENGTH,
                    hidden_dropout_prob=0.05, attention_probs_dropout_prob=0.05)
model = BertForMaskedLM(config)
with tempfile.TemporaryDirectory() as folder:
    args = TrainingArguments(
        output_dir=folder, max_steps=450, per_device_train_batch_size=32, gradient_accumulation_steps=2, learning_rate=2e-3, warmup_steps=40,
        lr_scheduler_type="linear", weight_decay=0.01, logging_steps=75, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True, seed=SEED,
    )
    Trainer(model=model, args=args, train_dataset=CountingTokens(4000, 1)).train()

model.eval()
test = CountingTokens(600, 2)
rows = [test[i] for i in range(600)]
batch = {k: torch.stack([r[k] for r in rows]) for k in rows[0]}
with torch.no_grad():
    said = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.argmax(-1)
asked = batch["labels"] >= 0
print(f"FINAL accuracy={(said == batch['labels'])[asked].float().mean().item():.4f}")
