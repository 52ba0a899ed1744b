import os
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

CHARS = "-abcdef"     # index 0 is the blank
T, FEAT, L = 24, 8, 4
prototypes = torch.randn(len(CHARS), FEAT, generator=torch.Generator().manual_seed(3))


def utterances(n):
    labels = torch.randint(1, len(CHARS), (n, L))
    x = torch.zeros(n, T, FEAT)
    for i in range(n):
        t = torch.randint(0, 3, (1,)).item()
        for c in labels[i]:
            dur = torch.randint(2, 5, (1,)).item()
            x[i, t : t + dur] = prototypes[c]
            t += dur + torch.randint(1, 3, (1,)).item()
    return x + 0.35 * torch.randn_like(x), labels


class CRNN(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.conv = nn.Conv1d(FEAT, 24, 3, padding=1)
        self.rnn = nn.GRU(24, hidden, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hidden, len(CHARS))

    def forward(self, x):
        h = F.relu(self.conv(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.rnn(h)
        return self.fc(h)


def greedy(logits):
    out = []
    for row in logits.argmax(2).tolist():
        s, prev = [], 0
        for c in row:
            if c and c != prev:
                s.append(c)
            prev = c
        out.append(s)
    return out


def edit(a, b):
    d = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        prev, d[0] = d[0], i
        for j, y in enumerate(b, 1):
            prev, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, prev + (x != y))
    return d[-1]


train_x, train_y = utterances(800)
val_x, val_y = utterances(200)
model = CRNN()
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(10):
    model.train()
    tot = 0.0
    batches = torch.randperm(len(train_x)).split(32)
    for idx in batches:
        out = model(train_x[idx]).log_softmax(2).permute(1, 0, 2)
        loss = ctc(out, train_y[idx], torch.full((len(idx),), T), torch.full((len(idx),), L))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        tot += loss.item()
    model.eval()
    with torch.no_grad():
        hyp = greedy(model(val_x))
    cer = sum(min(edit(h, y), L) for h, y in zip(hyp, val_y.tolist())) / (L * len(val_y))
    print(f"epoch {epoch + 1:2d} ctc {tot / len(batches):.3f} cer {cer:.3f} e.g. {''.join(CHARS[c] for c in hyp[0])!r}")
print(f"FINAL cer={cer:.4f}")
