import os

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import BertConfig, BertForTokenClassification, Trainer, TrainingArguments, set_seed
from transformers.utils import logging

logging.set_verbosity_error()
SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

# tag tokens: 0 outside, 1 number, 2 unit that follows a number, 3 word between the brackets
VOCAB, PAD, OPEN, CLOSE = 60, 0, 1, 2
NUMBERS, UNITS = range(3, 13), range(13, 19)


class Tagged(Dataset):
    def __init__(self, n, seed):
        r = np.random.default_rng(seed)
        self.items = []
        for _ in range(n):
            toks, tags = [], []
            while len(toks) < r.integers(12, 17):
                u = r.random()
                if u < 0.2:
                    toks += [int(r.integers(3, 13)), int(r.integers(13, 19))]
                    tags += [1, 2]
                elif u < 0.3:
                    k = int(r.integers(1, 4))
                    toks += [OPEN, *r.integers(19, VOCAB, k).tolist(), CLOSE]
                    tags += [0, *[3] * k, 0]
                elif u < 0.4:
                    toks.append(int(r.integers(13, 19)))
                    tags.append(0)
                else:
                    toks.append(int(r.integers(19, VOCAB)))
                    tags.append(0)
            toks, tags = toks[:20], tags[:20]
            gap = 20 - len(toks)
            self.items.append({
                "input_ids": torch.tensor(toks + [PAD] * gap),
                "attention_mask": torch.tensor([1] * len(toks) + [0] * gap),
                "labels": torch.tensor(tags + [-100] * gap),
            })

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def scores(p):
    keep = p.label_ids != -100
    ok = (p.predictions.argmax(-1) == p.label_ids)[keep]
    return {"acc": ok.mean(), "entity_acc": ok[p.label_ids[keep] > 0].mean()}


config = BertConfig(vocab_size=VOCAB, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=96, max_position_embeddings=32, num_labels=4)
model = BertForTokenClassification(config)
args = TrainingArguments(
    output_dir="out", num_train_epochs=5, per_device_train_batch_size=8,
    learning_rate=3e-3, warmup_steps=60, lr_scheduler_type="linear", weight_decay=0.01, report_to=[],
    save_strategy="no", logging_steps=50, disable_tqdm=True, seed=SEED, use_cpu=True,
)
trainer = Trainer(model=model, args=args, train_dataset=Tagged(800, 1), eval_dataset=Tagged(300, 2), compute_metrics=scores)
trainer.train()
m = trainer.evaluate()
print(f"FINAL entity_accuracy={m['eval_entity_acc']:.4f}")
