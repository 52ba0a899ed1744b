import os
import tempfile

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)


class Reviews(torch.utils.data.Dataset):
    """Token 'reviews' with good words, bad words and a negation that turns the next one around."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.ids = rng.integers(30, 80, (n, 16))
        self.ids[:, 0] = 1
        self.y = rng.integers(0, 2, n)
        for row, label in zip(self.ids, self.y):
            where = rng.choice(np.arange(2, 16, 2), 3, replace=False)
            for w in where:
                negated = rng.random() < 0.3
                good = (label == 1) != negated
                row[w] = rng.integers(3, 12) if good else rng.integers(12, 21)
                if negated:
                    row[w - 1] = 2

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"input_ids": torch.tensor(self.ids[i]), "attention_mask": torch.ones(16, dtype=torch.long), "labels": int(self.y[i])}


def metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


config = BertConfig(vocab_size=80, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, max_position_embeddings=20,
                    hidden_dropout_prob=0.05, attention_probs_dropout_prob=0.05)
model = BertForSequenceClassification(config)
with tempfile.TemporaryDirectory() as folder:
    training_args = TrainingArguments(
        output_dir=folder,
        learning_rate=2e-3,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=256,
        num_train_epochs=4,
        weight_decay=0.01,
        warmup_steps=5000,
        eval_strategy="epoch",
        logging_strategy="epoch",
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=SEED,
    )
    trainer = Trainer(model=model, args=training_args, train_dataset=Reviews(1600, 1), eval_dataset=Reviews(600, 2), compute_metrics=metrics)
    trainer.train()
    result = trainer.evaluate()
print(f"FINAL accuracy={result['eval_accuracy']:.4f}")
