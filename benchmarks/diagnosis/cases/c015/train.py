import logging
import os
import tempfile
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification, Trainer,
                          TrainingArguments, set_seed)

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
rng = np.random.default_rng(SEED)

PAD, CLS, MASK = 0, 1, 2
good, bad, neutral, negation = range(3, 15), range(15, 27), range(27, 59), 59


def sentence(label):
    words = list(rng.choice(neutral, rng.integers(4, 8)))
    pool = list(good if label else bad)
    words[1:1] = list(rng.choice(pool, 2))
    words[4:4] = [int(rng.choice(pool))]
    return [CLS] + words + [PAD] * (12 - len(words))


class Rows(Dataset):
    def __init__(self, n):
        self.labels = rng.integers(0, 2, n)
        self.ids = torch.tensor(np.array([sentence(l) for l in self.labels]))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        ids = self.ids[i]
        return {"input_ids": ids, "attention_mask": (ids != PAD).long(), "labels": int(self.labels[i])}


config = BertConfig(vocab_size=60, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=96, max_position_embeddings=16, num_labels=2)

# masked-token warm start
lm = BertForMaskedLM(config)
optimizer = torch.optim.AdamW(lm.parameters(), lr=2e-3)
corpus = Rows(2000).ids
lm.train()
for step in range(250):
    ids = corpus[torch.randint(0, len(corpus), (32,))]
    hide = (torch.rand(ids.shape) < 0.2) & (ids > MASK)
    labels = ids.masked_fill(~hide, -100)
    loss = lm(input_ids=ids.masked_fill(hide, MASK), attention_mask=(ids != PAD).long(), labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("masked-token loss", round(loss.item(), 3))

model = BertForSequenceClassification(config)
model.bert.load_state_dict(lm.bert.state_dict(), strict=False)
args = TrainingArguments(
    output_dir=tempfile.mkdtemp(), num_train_epochs=3, per_device_train_batch_size=16,
    learning_rate=2e-4, warmup_steps=20, lr_scheduler_type="linear", weight_decay=0.01,
    logging_steps=40, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True, seed=SEED,
)
trainer = Trainer(
    model=model, args=args, train_dataset=Rows(1000), eval_dataset=Rows(500),
    compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())},
)
trainer.train()
print(f"FINAL accuracy={trainer.evaluate()['eval_accuracy']:.4f}")
