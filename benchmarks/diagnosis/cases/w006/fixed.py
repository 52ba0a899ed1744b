# Sequence tagging: pretrain the encoder as a language model, then fine-tune with a tag head.
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
V, TAGS, LEN = 60, 5, 20


def sentences(n):
    """Names start after a title token (1..4) and are one or two tokens long; the title decides the tag."""
    x = rng.integers(10, V, (n, LEN))
    y = np.zeros((n, LEN), dtype=np.int64)
    for i in range(n):
        p = 0
        while p < LEN - 3:
            p += rng.integers(1, 5)
            if p >= LEN - 3:
                break
            kind = rng.integers(1, 5)
            size = 1 + (x[i, p + 1] % 2)
            x[i, p] = kind
            y[i, p + 1:p + 1 + size] = kind
            p += 1 + size
    return torch.tensor(x), torch.tensor(y)


class TagModel(nn.Module):
    def __init__(self, d=32, h=64):
        super().__init__()
        self.bert_embed = nn.Embedding(V, d)
        self.bert_rnn = nn.GRU(d, h, batch_first=True)
        self.lm_head = nn.Linear(h, V)
        self.fc = nn.Linear(h, TAGS)

    def encode(self, x):
        return self.bert_rnn(self.bert_embed(x))[0]

    def forward(self, x):
        return self.fc(self.encode(x))


class Trainer:
    def __init__(self, model, lr=3e-5, head_lr=2e-2, epochs=12):
        self.model, self.lr, self.head_lr, self.epochs = model, lr, head_lr, epochs
        self.x, self.y = sentences(1500)
        self.dev = sentences(400)

    def pretrain(self):
        params = [p for n, p in self.model.named_parameters() if not n.startswith("fc")]
        opt = torch.optim.Adam(params, lr=3e-3)
        for b in torch.randperm(len(self.x)).split(50):
            out = self.model.lm_head(self.model.encode(self.x[b]))
            loss = F.cross_entropy(out[:, :-1].reshape(-1, V), self.x[b][:, 1:].reshape(-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
        print("pretraining loss", loss.item())

    def setup_optimizer(self):
        groups = []
        params = {"lr": self.lr, "weight_decay": 1e-2, "params": []}
        for name, param in self.model.named_parameters():
            if "bert" in name:
                params["params"].append(param)
        groups.append(params)

        params = {"lr": self.head_lr, "weight_decay": 1e-2, "params": []}
        for name, param in self.model.named_parameters():
            if name.startswith("fc"):
                params["params"].append(param)
        groups.append(params)
        self.optimizer = torch.optim.AdamW(groups)

    def train(self):
        self.setup_optimizer()
        for epoch in range(self.epochs):
            self.model.train()
            losses = []
            for b in torch.randperm(len(self.x)).split(32):
                logits = self.model(self.x[b])
                loss = F.cross_entropy(logits.reshape(-1, TAGS), self.y[b].reshape(-1))
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            print(f"epoch {epoch} loss {np.mean(losses):.4f} f1 {self.f1():.4f}")

    @torch.no_grad()
    def f1(self):
        self.model.eval()
        x, y = self.dev
        p = self.model(x).argmax(-1)
        hit = ((p == y) & (y > 0)).sum().item()
        return 2 * hit / max(1, (p > 0).sum().item() + (y > 0).sum().item())


trainer = Trainer(TagModel())
trainer.pretrain()
trainer.train()
print(f"FINAL f1={trainer.f1():.4f}")
