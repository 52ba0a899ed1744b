import os
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification, Trainer, TrainingArguments,
                          set_seed)

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
rng = np.random.default_rng(SEED)
PAD, CLS, MASK, FIRST = 0, 1, 2, 3
V = 43


def sentence():
    """Tokens come in chains t, t+1, t+2...; the label is which half of the vocabulary dominates."""
    label = int(rng.integers(2))
    out = [CLS]
    while len(out) < rng.integers(12, 20):
        low = (rng.random() < 0.75) == (label == 0)
        t = int(rng.integers(0, 17)) + (0 if low else 20)
        out += [FIRST + t + k for k in range(int(rng.integers(1, 4)))]
    return out[:20], label


class Sentences(Dataset):
    def __init__(self, n, mlm):
        self.rows, self.mlm = [sentence() for _ in range(n)], mlm

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        toks, label = self.rows[i]
        ids = np.full(20, PAD)
        ids[:len(toks)] = toks
        att = (ids != PAD).astype(int)
        if not self.mlm:
            return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(att), "labels": label}
        hide = (np.random.rand(20) < 0.15) & (ids >= FIRST)
        labels = np.where(hide, ids, -100)
        return {"input_ids": torch.tensor(np.where(hide, MASK, ids)), "attention_mask": torch.tensor(att),
                "labels": torch.tensor(labels)}


config = BertConfig(vocab_size=V, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
                    max_position_embeddings=20, num_labels=2)


def args(**kw):
    return TrainingArguments(output_dir="out", report_to=[], use_cpu=True, seed=SEED, save_strategy="no",
                             disable_tqdm=True, logging_steps=20, per_device_train_batch_size=32,
                             lr_scheduler_type="linear", **kw)


mlm = BertForMaskedLM(config)
Trainer(model=mlm, args=args(max_steps=120, learning_rate=3e-3), train_dataset=Sentences(2000, True)).train()

clf = BertForSequenceClassification(config)
clf.bert.load_state_dict(mlm.bert.state_dict(), strict=False)
val = Sentences(500, False)
trainer = Trainer(model=clf, args=args(max_steps=110, learning_rate=5e-4, warmup_steps=11), train_dataset=Sentences(1500, False),
                  eval_dataset=val, compute_metrics=lambda p: {"acc": float((p.predictions.argmax(-1) == p.label_ids).mean())})
trainer.train()
print(f"FINAL accuracy={trainer.evaluate()['eval_acc']:.4f}")
