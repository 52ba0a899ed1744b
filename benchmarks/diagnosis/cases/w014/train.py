import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# ---- text: a toy log file with times, users and matching brackets
def make_text(n_lines, rs):
    users = ["anna", "boris", "carla", "dmitri"]
    verbs = {"anna": "opens", "boris": "deletes", "carla": "moves", "dmitri": "prints"}
    out = []
    for _ in range(n_lines):
        u = users[rs.randint(4)]
        k = rs.randint(1, 4)
        out.append(f"<{u}> {verbs[u]} {'(' * k}{rs.choice(['disk', 'file', 'page'])}{')' * k} </{u}>\n")
    return "".join(out)


rs = np.random.RandomState(seed)
text = make_text(1400, rs)
held = make_text(150, rs)
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
encode = lambda s: torch.tensor([stoi[c] for c in s])
train_ids, test_ids = encode(text), encode(held)


class LayerNormLSTMCell(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.n_hidden = n_hidden
        self.ih = nn.Linear(n_in, 4 * n_hidden)
        self.hh = nn.Linear(n_hidden, 4 * n_hidden, bias=False)
        self.ln = nn.LayerNorm(4 * n_hidden)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = self.ln(self.ih(x) + self.hh(h)).chunk(4, dim=1)
        c = torch.sigmoid(f + 1) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class CharModel(nn.Module):
    def __init__(self, vocab, hidden=48, num_layers=2):
        super().__init__()
        self.embed = nn.Embedding(vocab, hidden)
        self.lstms = []
        for _ in range(num_layers):
            self.lstms.append(LayerNormLSTMCell(hidden, hidden))
        self.out = nn.Linear(hidden, vocab)
        self.hidden = hidden

    def forward(self, ids):
        b, t = ids.shape
        states = [(torch.zeros(b, self.hidden), torch.zeros(b, self.hidden)) for _ in self.lstms]
        logits = []
        for k in range(t):
            x = self.embed(ids[:, k])
            for j, cell in enumerate(self.lstms):
                states[j] = cell(x, states[j])
                x = states[j][0]
            logits.append(self.out(x))
        return torch.stack(logits, 1)


model = CharModel(len(chars))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
print("trainable parameters:", sum(p.numel() for p in model.parameters()))
T = 48
for step in range(160):
    start = torch.randint(0, len(train_ids) - T - 1, (32,))
    batch = torch.stack([train_ids[s:s + T + 1] for s in start])
    logits = model(batch[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 40 == 0:
        print(step, f"{loss.item():.3f}")

with torch.no_grad():
    rows = test_ids[: (len(test_ids) - 1) // T * T].view(-1, T)
    nxt = test_ids[1: rows.numel() + 1].view(-1, T)
    nll = F.cross_entropy(model(rows).flatten(0, 1), nxt.flatten()).item()
print(f"FINAL nll={nll:.4f}")
