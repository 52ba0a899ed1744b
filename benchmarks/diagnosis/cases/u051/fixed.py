import os
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

CONTEXT, HIDDEN, STEPS = 24, 80, 220

# a toy log file
gen = torch.Generator().manual_seed(88)
def choose(options):
    return options[int(torch.randint(len(options), (1,), generator=gen))]
lines = []
for n in range(900):
    level = choose(["INFO", "INFO", "WARN", "ERROR"])
    unit = choose(["disk", "net", "cache", "login", "cron"])
    text = {"INFO": ["started", "finished in {} ms", "idle"], "WARN": ["slow: {} ms", "retry {}"],
            "ERROR": ["failed with code {}", "timeout after {} ms"]}[level]
    lines.append(f"{level} {unit} {choose(text).format(choose([10, 25, 50, 100, 404, 500]))}")
text = "\n".join(lines)

vocab = sorted(set(text))
encode = {c: i for i, c in enumerate(vocab)}
ids = torch.tensor([encode[c] for c in text])
splits = {"train": ids[: int(len(ids) * 0.9)], "val": ids[int(len(ids) * 0.9):]}


def get_batch(split, size=16):
    source = splits[split]
    starts = torch.randint(0, len(source) - CONTEXT - 1, (size,))
    x = torch.stack([source[s:s + CONTEXT] for s in starts])
    y = torch.stack([source[s + 1:s + CONTEXT + 1] for s in starts])
    return x, y


class LogLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(vocab), 32)
        self.lstm = nn.LSTM(32, HIDDEN, batch_first=True)
        self.proj = nn.Linear(HIDDEN, len(vocab))

    def forward(self, x):
        h, _ = self.lstm(self.embed(x))
        return self.proj(h)


lm = LogLM()
adam = torch.optim.Adam(lm.parameters(), lr=6e-3)
for step in range(STEPS):
    x, y = get_batch("train")
    logits = lm(x)
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), y)
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
    adam.step()
    if step % 50 == 0 or step == STEPS - 1:
        print(f"{step:4d} train loss {loss.item():.3f}")

lm.eval()
with torch.no_grad():
    x, y = get_batch("val", size=200)
    nll = nn.functional.cross_entropy(lm(x).transpose(1, 2), y).item()
print(f"FINAL nll={nll:.4f}")
