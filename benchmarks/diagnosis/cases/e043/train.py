import os
import tempfile

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForTokenClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
PAD, MR, IN = 0, 1, 2
MAX = 20


class Tagged(Dataset):
    """Word 1 begins a person (two words follow), word 2 begins a place (one word follows)."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.rows = []
        for _ in range(n):
            length = rng.integers(8, MAX + 1)
            words = rng.integers(3, 60, length)
            tags = np.zeros(length, dtype=int)
            at = 0
            while at < length - 3:
                draw = rng.random()
                if draw < 0.08:
                    words[at], tags[at : at + 3] = MR, [1, 2, 2]
                    at += 3
                elif draw < 0.16:
                    words[at], tags[at : at + 2] = IN, [3, 2]
                    at += 2
                else:
                    at += 1
            self.rows.append((words, tags))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        words, tags = self.rows[i]
        gap = MAX - len(words)
        return {
            "input_ids": torch.tensor(np.pad(words, (0, gap))),
            "attention_mask": torch.tensor([1] * len(words) + [0] * gap),
            "labels": torch.tensor(np.pad(tags, (0, gap), constant_values=-100)),
        }


def f1(prediction):
    guess = prediction.predictions.argmax(-1)
    truth = prediction.label_ids
    keep = truth != -100
    hit = ((guess == truth) & (truth > 0) & keep).sum()
    return {"f1": float(2 * hit / (((guess > 0) & keep).sum() + ((truth > 0) & keep).sum()))}


config = BertConfig(
    vocab_size=60, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
    max_position_embeddings=MAX, num_labels=4, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
)
args = TrainingArguments(
    output_dir=tempfile.mkdtemp(), num_train_epochs=8, per_device_train_batch_size=32, per_device_eval_batch_size=100,
    learning_rate=1e-3, weight_decay=0.01, warmup_steps=40, eval_strategy="epoch", save_strategy="no", report_to=[],
    logging_steps=50, disable_tqdm=True, seed=SEED,
)
trainer = Trainer(
    model=BertForTokenClassification(config), args=args, train_dataset=Tagged(1600, SEED + 1),
    eval_dataset=Tagged(300, SEED + 2), compute_metrics=f1,
)
trainer.train()
result = trainer.evaluate(Tagged(400, SEED + 3))
print(f"FINAL f1={result['eval_f1']:.4f}")
