import logging
import os
import tempfile
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
rng = np.random.default_rng(SEED)
profiles = np.random.default_rng(6).dirichlet(np.full(30, 0.4), 6)


def rows(n, groups):
    k = rng.integers(0, len(groups), n)
    ids = np.stack([rng.choice(30, 14, p=profiles[groups[g][rng.integers(len(groups[g]))]]) for g in k]) + 2
    return [{"input_ids": torch.tensor(i), "labels": int(g)} for i, g in zip(ids, k)]


def config(n):
    return DistilBertConfig(vocab_size=32, dim=40, n_layers=2, n_heads=4, hidden_dim=80, max_position_embeddings=16,
                            num_labels=n, dropout=0.05, attention_dropout=0.05, seq_classif_dropout=0.1)


def train(model, data, test, lr, steps):
    args = TrainingArguments(output_dir=tempfile.mkdtemp(), max_steps=steps, per_device_train_batch_size=24, learning_rate=lr,
                             label_smoothing_factor=0.1, max_grad_norm=1.0, logging_steps=50, save_strategy="no",
                             report_to=[], use_cpu=True, disable_tqdm=True, seed=SEED)
    trainer = Trainer(model=model, args=args, train_dataset=data, eval_dataset=test,
                      compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())})
    trainer.train()
    return trainer.evaluate()["eval_accuracy"]


six = [[k] for k in range(6)]
first = DistilBertForSequenceClassification(config(6))
print("six groups", train(first, rows(2000, six), rows(300, six), 2e-3, 150))

three = [[0, 3], [1, 4], [2, 5]]
second = DistilBertForSequenceClassification(config(3))
second.distilbert.load_state_dict(first.distilbert.state_dict())
for part in (second.distilbert.embeddings, second.distilbert.transformer.layer[0]):
    part.requires_grad_(False)
accuracy = train(second, rows(1200, three), rows(500, three), 1e-3, 220)
print(f"FINAL accuracy={accuracy:.4f}")
