import os
import tempfile
import warnings

warnings.filterwarnings("ignore")
os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (BertConfig, BertForSequenceClassification, Trainer, TrainingArguments,
                          set_seed)
from transformers.utils import logging

logging.set_verbosity_error()
SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

GOOD = "great lovely superb charming funny moving brilliant".split()
BAD = "dull awful tedious clumsy boring noisy weak".split()
FILL = "the film was a story about one man and his dog in town with very long scenes".split()
VOCAB = ["[PAD]", "[CLS]", "not"] + GOOD + BAD + FILL
IDS = {w: i for i, w in enumerate(VOCAB)}


def review(rng):
    words = list(rng.choice(FILL, 10))
    label = int(rng.integers(2))
    for _ in range(2):
        flip = rng.random() < 0.3
        pool = (BAD if label else GOOD) if flip else (GOOD if label else BAD)
        at = int(rng.integers(len(words)))
        words[at:at] = (["not"] if flip else []) + [str(rng.choice(pool))]
    return " ".join(words), label


class Reviews(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.rows = [review(rng) for _ in range(n)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        text, label = self.rows[i]
        ids = [IDS["[CLS]"]] + [IDS[w] for w in text.split()]
        ids = (ids + [0] * 16)[:16]
        return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor([int(k > 0) for k in ids]),
                "labels": torch.tensor(label)}


def compute_metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


config = BertConfig(vocab_size=len(VOCAB), hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=96, max_position_embeddings=32, num_labels=2)
model = BertForSequenceClassification(config)

with tempfile.TemporaryDirectory() as out:
    args = TrainingArguments(
        output_dir=out,
        num_train_epochs=4,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=256,
        learning_rate=2e-5,
        logging_steps=50,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=SEED,
    )
    trainer = Trainer(model=model, args=args, train_dataset=Reviews(2400, 1), eval_dataset=Reviews(600, 2),
                      compute_metrics=compute_metrics)
    trainer.train()
    scores = trainer.evaluate()
print(f"FINAL accuracy={scores['eval_accuracy']:.4f}")
