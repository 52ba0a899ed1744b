import os
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
PAD, BOS, EOS, FIRST, V = 0, 1, 2, 3, 17
LENGTH = 7


def pairs(n):
    """Source: 7 symbols; target: the same symbols reversed, each moved up by one, then EOS."""
    src = torch.randint(FIRST, V, (n, LENGTH))
    tgt = (src.flip(1) - FIRST + 1) % (V - FIRST) + FIRST
    return src, torch.cat([tgt, torch.full((n, 1), EOS)], 1)


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.embed = nn.Embedding(V, dim, padding_idx=PAD)
        self.rnn = nn.GRU(dim, dim, batch_first=True)

    def forward(self, src):
        return self.rnn(self.embed(src))


class Decoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.embed = nn.Embedding(V, dim, padding_idx=PAD)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.query = nn.Linear(dim, dim)
        self.out = nn.Linear(2 * dim, V)

    def forward(self, tokens, memory, state):
        h, state = self.rnn(self.embed(tokens), state)
        attn = torch.softmax(self.query(h) @ memory.transpose(1, 2), dim=-1)
        return self.out(torch.cat([h, attn @ memory], -1)), state


class Seq2Seq(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.encoder, self.decoder = Encoder(dim), Decoder(dim)

    def teacher_inputs(self, tgt):
        start = torch.full_like(tgt[:, :1], BOS)
        return torch.cat([start, tgt], 1)[:, 1:]

    def forward(self, src, tgt):
        memory, state = self.encoder(src)
        logits, _ = self.decoder(self.teacher_inputs(tgt), memory, state)
        return logits

    @torch.no_grad()
    def greedy(self, src, steps):
        memory, state = self.encoder(src)
        token, out = torch.full((len(src), 1), BOS), []
        for _ in range(steps):
            logits, state = self.decoder(token, memory, state)
            token = logits.argmax(-1)
            out.append(token)
        return torch.cat(out, 1)


def main(steps=350, batch=64):
    model = Seq2Seq()
    opt = torch.optim.Adam(model.parameters(), lr=4e-3)
    ce = nn.CrossEntropyLoss(ignore_index=PAD)
    for step in range(1, steps + 1):
        src, tgt = pairs(batch)
        logits = model(src, tgt)
        loss = ce(logits.flatten(0, 1), tgt.flatten())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        if step % 70 == 0:
            print(f"step {step} loss {loss.item():.4f}")
    model.eval()
    src, tgt = pairs(500)
    acc = (model.greedy(src, tgt.size(1)) == tgt).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
