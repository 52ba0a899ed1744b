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
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

seed = int(os.environ.get("SEED", 0))
set_seed(seed)
rng = np.random.default_rng(seed)


class Languages(Dataset):
    """Made-up words of four languages that differ in their letter statistics."""

    def __init__(self, n):
        self.profiles = np.random.default_rng(8).dirichlet(np.full(20, 0.5), 4)
        self.y = rng.integers(0, 4, n)
        self.x = np.stack([rng.choice(20, 10, p=self.profiles[k]) + 2 for k in self.y])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"input_ids": torch.tensor(self.x[i]), "labels": torch.tensor(self.y[i])}


def accuracy(pred):
    return {"accuracy": float((pred.predictions.argmax(-1) == pred.label_ids).mean())}


config = BertConfig(vocab_size=22, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                    max_position_embeddings=12, num_labels=4)
args = TrainingArguments(output_dir=tempfile.mkdtemp(), max_steps=250, per_device_train_batch_size=24, learning_rate=1e-3,
                         lr_scheduler_type="linear", logging_steps=50, save_strategy="no", report_to=[], use_cpu=True,
                         disable_tqdm=True, seed=seed)
trainer = Trainer(model=BertForSequenceClassification(config), args=args, train_dataset=Languages(3000),
                  eval_dataset=Languages(600), compute_metrics=accuracy)
trainer.train()
print(f"FINAL accuracy={trainer.evaluate()['eval_accuracy']:.4f}")
