import os
import random
import tempfile

import torch
import torch.nn.functional as F
from torch.utils.data import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

seed = int(os.environ.get("SEED", 0))
set_seed(seed)

SUBJECTS = ["the cat", "a dog", "my aunt", "the old man", "our bird"]
VERBS = ["sees", "likes", "follows", "paints"]
OBJECTS = ["the moon", "a red boat", "the garden", "some bread", "my house"]
ADVERBS = ["slowly", "today", "again", "at noon"]


def story(n):
    out = []
    for _ in range(n):
        out.append(" ".join(random.choice(p) for p in (SUBJECTS, VERBS, OBJECTS, ADVERBS)) + ". ")
    return "".join(out)


train_text, test_text = story(900), story(100)
chars = sorted(set(train_text))
stoi = {c: i for i, c in enumerate(chars)}


class Blocks(Dataset):
    def __init__(self, text, block):
        ids = torch.tensor([stoi[c] for c in text])
        self.ids = ids
        self.block = block

    def __len__(self):
        return (len(self.ids) - 1) // self.block

    def __getitem__(self, i):
        chunk = self.ids[i * self.block : (i + 1) * self.block + 1]
        return {"input_ids": chunk[:-1], "labels": chunk[1:]}


config = GPT2Config(
    vocab_size=len(chars), n_positions=64, n_embd=48, n_layer=2, n_head=4,
    resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
)
model = GPT2LMHeadModel(config)
training_args = TrainingArguments(
    output_dir=tempfile.mkdtemp(), num_train_epochs=5, per_device_train_batch_size=16, learning_rate=3e-3,
    warmup_steps=10, logging_steps=50, save_strategy="no", report_to=[], seed=seed, disable_tqdm=True,
)
trainer = Trainer(model=model, args=training_args, train_dataset=Blocks(train_text, 48))
trainer.train()

model.eval()
test = Blocks(test_text, 48)
nll = []
with torch.no_grad():
    for i in range(len(test)):
        ids = test.ids[i * 48 : (i + 1) * 48].unsqueeze(0)
        logits = model(input_ids=ids).logits
        nll.append(F.cross_entropy(logits[0, :-1], ids[0, 1:]).item())
print(f"FINAL nll={sum(nll) / len(nll):.4f}")
