import os
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

CLS, SEP, POS, NEG = 1, 2, range(5, 15), range(15, 25)


class Opinions(Dataset):
    """Word strings; the label is the sign of (good words - bad words)."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.rows = []
        for _ in range(n):
            good = rng.integers(0, 2)
            k = 7
            p = rng.choice(POS, k if good else 2)
            q = rng.choice(NEG, 2 if good else k)
            rest = rng.integers(25, 60, 5)
            words = rng.permutation(np.concatenate([p, q, rest]))
            self.rows.append({"input_ids": torch.tensor([CLS, *words, SEP]), "labels": torch.tensor(int(good))})

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def compute_metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


model = BertForSequenceClassification(BertConfig(
    vocab_size=64, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
    max_position_embeddings=32, num_labels=2))
args = TrainingArguments(
    output_dir="out", num_train_epochs=4, per_device_train_batch_size=32, per_device_eval_batch_size=100,
    learning_rate=1e-3, warmup_steps=5000, weight_decay=0.01, logging_steps=40, save_strategy="no",
    report_to=[], disable_tqdm=True, seed=SEED, use_cpu=True)
trainer = Trainer(model=model, args=args, train_dataset=Opinions(960, SEED + 1), eval_dataset=Opinions(400, 999),
                  compute_metrics=compute_metrics)
trainer.train()
print(f"FINAL accuracy={trainer.evaluate()['eval_accuracy']:.4f}")
