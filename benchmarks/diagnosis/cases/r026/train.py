import os
import random
import tempfile

import numpy as np
import torch
from sklearn.metrics import f1_score
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
from transformers.utils import logging

logging.set_verbosity_error()
SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)


def message(urgent):
    words = [random.randrange(30, 200) for _ in range(12)]
    if urgent:          # one of five alarm words next to a system name
        p = random.randrange(11)
        words[p:p + 2] = [random.randrange(5, 10), random.randrange(10, 20)]
    elif random.random() < 0.5:
        words[random.randrange(12)] = random.randrange(10, 20)
    return [1] + words


class Messages(torch.utils.data.Dataset):
    def __init__(self, n, rate):
        self.y = [int(random.random() < rate) for _ in range(n)]
        self.x = [message(k) for k in self.y]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"input_ids": torch.tensor(self.x[i]), "labels": torch.tensor(self.y[i])}


class WeightedTrainer(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs.pop("labels")
        out = model(**inputs)
        loss = torch.nn.functional.cross_entropy(out.logits, labels, weight=torch.tensor([1.0, 5.0]))
        return (loss, out) if return_outputs else loss


config = BertConfig(vocab_size=200, hidden_size=48, num_hidden_layers=1, num_attention_heads=4, intermediate_size=96,
                    max_position_embeddings=16, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.0, num_labels=2)
model = BertForSequenceClassification(config)
model.bert.embeddings.position_embeddings.weight.requires_grad = False       # positions do not matter here

with tempfile.TemporaryDirectory() as out:
    args = TrainingArguments(output_dir=out, num_train_epochs=5, per_device_train_batch_size=32, learning_rate=2e-3, warmup_steps=20,
                             lr_scheduler_type="cosine", weight_decay=0.01, max_grad_norm=1.0, logging_steps=60, report_to=[],
                             save_strategy="no", disable_tqdm=True, use_cpu=True, seed=SEED)
    trainer = WeightedTrainer(model=model, args=args, train_dataset=Messages(2000, 0.1))
    trainer.train()
    test = Messages(1500, 0.1)
    result = trainer.predict(test)
f1 = f1_score(test.y, result.predictions.argmax(1))
print(f"FINAL f1={f1:.4f}")
