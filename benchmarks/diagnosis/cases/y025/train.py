import os
import random
import tempfile

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

PAD, CLS, OPEN, CLOSE = range(4)


def balanced(seq):
    depth = 0
    for s in seq:
        depth += 1 if s == OPEN else -1
        if depth < 0:
            return False
    return depth == 0


def dyck(n):
    out, depth = [], 0
    left = n
    while left:
        if depth == 0 or (depth < left and random.random() < 0.5):
            out.append(OPEN)
            depth += 1
        else:
            out.append(CLOSE)
            depth -= 1
        left -= 1
    return out


class Brackets(torch.utils.data.Dataset):
    def __init__(self, n):
        self.rows = []
        while len(self.rows) < n:
            length = random.choice([6, 8, 10, 12])
            seq = dyck(length)
            if len(self.rows) % 2:
                while balanced(seq):
                    random.shuffle(seq)
            self.rows.append((seq, int(balanced(seq))))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        seq, label = self.rows[i]
        tokens = [CLS] + seq + [PAD] * (12 - len(seq))
        return {
            "input_ids": torch.tensor(tokens),
            "attention_mask": torch.tensor([int(t != PAD) for t in tokens]),
            "labels": label,
        }


config = BertConfig(
    vocab_size=4, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=96, max_position_embeddings=16, num_labels=2,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
model = BertForSequenceClassification(config)


def metrics(pred):
    return {"accuracy": float((pred.predictions.argmax(-1) == pred.label_ids).mean())}


with tempfile.TemporaryDirectory() as out:
    args = TrainingArguments(
        output_dir=out, num_train_epochs=6, per_device_train_batch_size=64,
        per_device_eval_batch_size=256, learning_rate=2e-3, warmup_steps=50, weight_decay=0.01,
        logging_steps=50, save_strategy="no", report_to="none", disable_tqdm=True,
        use_cpu=True, seed=SEED, dataloader_num_workers=0,
    )
    trainer = Trainer(
        model=model, args=args, train_dataset=Brackets(4000), eval_dataset=Brackets(1000),
        compute_metrics=metrics,
    )
    trainer.train()
    result = trainer.evaluate()
print(f"FINAL accuracy={result['eval_accuracy']:.4f}")
