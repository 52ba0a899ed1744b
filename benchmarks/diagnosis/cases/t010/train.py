import os
import random
import warnings

warnings.filterwarnings("ignore")
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed
from transformers.utils import logging

logging.set_verbosity_error()
seed = int(os.environ.get("SEED", 0))
set_seed(seed)

VOCAB = 60
OWN = {k: [20 + 8 * k + j for j in range(8)] for k in range(4)}


class Orders(Dataset):
    def __init__(self, n):
        self.rows = []
        for _ in range(n):
            k = random.randrange(4)
            words = [random.choice(OWN[k]) if random.random() < 0.4 else random.randint(3, 19) for _ in range(random.randint(6, 12))]
            ids = [1] + words + [2]
            mask = [1] * len(ids) + [0] * (14 - len(ids))
            self.rows.append({"input_ids": ids + [0] * (14 - len(ids)), "attention_mask": mask, "labels": k})

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {k: torch.tensor(v) for k, v in self.rows[i].items()}


def accuracy(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


config = BertConfig(vocab_size=VOCAB, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=64, max_position_embeddings=16, num_labels=4)
model = BertForSequenceClassification(config)
arguments = TrainingArguments(output_dir="out", num_train_epochs=4, per_device_train_batch_size=32, learning_rate=2e-3,
                              warmup_steps=15, weight_decay=0.01, save_strategy="no", report_to=[], disable_tqdm=True,
                              logging_steps=50, seed=seed, use_cpu=True)
trainer = Trainer(model=model, args=arguments, train_dataset=Orders(1200), eval_dataset=Orders(400), compute_metrics=accuracy)
trainer.train()
print(f"FINAL accuracy={trainer.evaluate()['eval_accuracy']:.4f}")
