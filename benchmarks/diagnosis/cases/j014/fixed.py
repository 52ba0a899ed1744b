import logging
import os
import tempfile

import torch
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

logging.getLogger("transformers").setLevel(logging.ERROR)
seed = int(os.environ.get("SEED", 0))
set_seed(seed)

NOUNS = ["cat", "dog", "fox", "owl", "hen", "bee"]
VERBS = ["sees", "hunts", "likes", "finds", "hears"]
ADJ = ["old", "red", "shy", "big", "sly"]


def story(n, gen):
    pick = lambda words: words[int(torch.randint(0, len(words), (1,), generator=gen))]
    out = []
    for _ in range(n):
        out.append(f"the {pick(ADJ)} {pick(NOUNS)} {pick(VERBS)} a {pick(ADJ)} {pick(NOUNS)}. ")
    return "".join(out)


gen = torch.Generator().manual_seed(17)
text, held_out = story(900, gen), story(120, gen)
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
encode = lambda s: torch.tensor([stoi[c] for c in s])


class CharBlocks(Dataset):
    def __init__(self, ids, block=40):
        self.ids, self.block = ids, block

    def __len__(self):
        return (len(self.ids) - 1) // self.block

    def __getitem__(self, i):
        start = i * self.block
        chunk = self.ids[start : start + self.block + 1]
        return {"input_ids": chunk[:-1], "labels": chunk[:-1]}


config = GPT2Config(vocab_size=len(chars), n_positions=64, n_embd=48, n_layer=2, n_head=4, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0)
model = GPT2LMHeadModel(config)
with tempfile.TemporaryDirectory() as out:
    args = TrainingArguments(
        output_dir=out, num_train_epochs=5, per_device_train_batch_size=16, learning_rate=3e-3, lr_scheduler_type="cosine",
        warmup_steps=15, logging_steps=50, save_strategy="no", report_to=[], seed=seed, use_cpu=True, disable_tqdm=True, dataloader_drop_last=True,
    )
    trainer = Trainer(model=model, args=args, train_dataset=CharBlocks(encode(text)))
    trainer.train()

model.eval()
ids = encode(held_out)
ids = ids[: len(ids) // 41 * 41].view(-1, 41)
with torch.no_grad():
    logits = model(input_ids=ids[:, :-1]).logits
nll = torch.nn.functional.cross_entropy(logits.reshape(-1, len(chars)), ids[:, 1:].reshape(-1))
print(f"FINAL nll={nll.item():.4f}")
