import os
import random
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed
from transformers.utils import logging

logging.set_verbosity_error()
seed = int(os.environ.get("SEED", 0))
set_seed(seed)

pos = "great lovely superb fun moving clever".split()
neg = "boring awful weak dull clumsy silly".split()
fill = "the film plot actor was and with a very story scene music seemed of in it".split()
vocab = {w: i + 3 for i, w in enumerate(pos + neg + fill)}
PAD, CLS, SEP = 0, 1, 2


def review(label):
    words = random.choices(fill, k=random.randint(6, 12))
    good, bad = (pos, neg) if label else (neg, pos)
    for w in random.choices(good, k=2) + random.choices(bad, k=random.randint(0, 1)):
        words.insert(random.randint(0, len(words)), w)
    return words


class ReviewDataset(torch.utils.data.Dataset):
    def __init__(self, n, max_len=20):
        self.rows = []
        for _ in range(n):
            y = random.randint(0, 1)
            ids = [CLS] + [vocab[w] for w in review(y)] + [SEP]
            pad = max_len - len(ids)
            self.rows.append({
                "input_ids": torch.tensor(ids + [PAD] * pad),
                "attention_mask": torch.tensor([1] * len(ids) + [0] * pad),
                "labels": torch.tensor(y),
            })

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def compute_metrics(p):
    return {"accuracy": float((np.argmax(p.predictions, axis=1) == p.label_ids).mean())}


config = BertConfig(vocab_size=len(vocab) + 3, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=128, max_position_embeddings=32, num_labels=2)
model = BertForSequenceClassification(config)
train_dataset, eval_dataset = ReviewDataset(1200), ReviewDataset(300)

args = TrainingArguments(
    output_dir=tempfile.mkdtemp(),
    learning_rate=1e-3,
    per_device_train_batch_size=16,
    per_device_eval_batch_size=64,
    num_train_epochs=3,
    weight_decay=0.01,
    logging_steps=75,
    save_strategy="no",
    report_to=[],
    disable_tqdm=True,
    seed=seed,
    use_cpu=True,
)
trainer = Trainer(model=model, args=args, train_dataset=train_dataset, eval_dataset=eval_dataset, compute_metrics=compute_metrics)
trainer.train()
metrics = trainer.evaluate()
print(f"FINAL accuracy={metrics['eval_accuracy']:.4f}")
