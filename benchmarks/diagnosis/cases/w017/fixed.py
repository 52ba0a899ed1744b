"""Sentence pairs with a small BERT and the transformers Trainer."""
import os
import tempfile

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
CLS, SEP, PAD = 1, 2, 0


class NewsDataset(Dataset):
    """Headlines of five sections; each section has key words among filler words."""

    def __init__(self, n, seed, length=18):
        rs = np.random.RandomState(seed)
        self.labels = rs.randint(0, 5, n)
        words = rs.randint(60, 200, (n, length))
        sizes = rs.randint(10, length, n)
        for i in range(n):
            spots = rs.choice(np.arange(1, sizes[i] - 1), 3, replace=False)
            words[i, spots] = 5 + 10 * self.labels[i] + rs.randint(0, 10, 3)
            words[i, sizes[i] - 1] = SEP
            words[i, sizes[i]:] = PAD
        words[:, 0] = CLS
        self.words = words
        self.mask = (words != PAD).astype(np.int64)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {
            "input_ids": torch.tensor(self.words[i]),
            "attention_mask": torch.tensor(self.mask[i]),
            "labels": torch.tensor(self.labels[i]),
        }


def compute_metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


config = BertConfig(
    vocab_size=200, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
    max_position_embeddings=32, num_labels=5, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
)
model = BertForSequenceClassification(config)
with tempfile.TemporaryDirectory() as folder:
    args = TrainingArguments(
        output_dir=folder, num_train_epochs=6, per_device_train_batch_size=32, per_device_eval_batch_size=100,
        learning_rate=1e-3, warmup_steps=0, weight_decay=0.01, seed=SEED, use_cpu=True, report_to="none",
        save_strategy="no", logging_steps=50, disable_tqdm=True,
    )
    trainer = Trainer(
        model=model, args=args, train_dataset=NewsDataset(1600, SEED), eval_dataset=NewsDataset(500, SEED + 77),
        compute_metrics=compute_metrics,
    )
    trainer.train()
    accuracy = trainer.evaluate()["eval_accuracy"]
print(f"FINAL accuracy={accuracy:.4f}")
