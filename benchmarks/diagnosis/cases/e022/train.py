import logging
import os
import random
import tempfile
import warnings

warnings.filterwarnings("ignore")
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed, logging as hf_logging

hf_logging.set_verbosity_error()
logging.disable(logging.WARNING)
SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

names = "zero one two three four five six seven eight nine".split()
letters = sorted(set(" ".join(names)) | {"|"})
stoi = {c: i for i, c in enumerate(letters)}


class Counting(torch.utils.data.Dataset):
    """'three four five six|' : counts up or down by one or two"""

    def __init__(self, n, length=32):
        self.rows = []
        for _ in range(n):
            s, k, d = "", random.randrange(10), random.choice([-2, -1, 1, 2])
            while len(s) < length:
                s += names[k % 10] + (" " if random.random() < 0.9 else "|")
                k += d
            self.rows.append(torch.tensor([stoi[c] for c in s[:length]]))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {"input_ids": self.rows[i], "labels": self.rows[i]}


config = GPT2Config(vocab_size=len(letters), n_positions=32, n_embd=48, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0,
                    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
model = GPT2LMHeadModel(config)
with tempfile.TemporaryDirectory() as out:
    args = TrainingArguments(output_dir=out, num_train_epochs=5, per_device_train_batch_size=16, gradient_accumulation_steps=2,
                             learning_rate=4e-3, warmup_steps=30, weight_decay=0.1, lr_scheduler_type="cosine", max_grad_norm=1.0,
                             logging_steps=50, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True, seed=SEED)
    trainer = Trainer(model=model, args=args, train_dataset=Counting(1600), eval_dataset=Counting(200))
    trainer.train()
    nll = trainer.evaluate()["eval_loss"]
print(f"FINAL nll={nll:.4f}")
