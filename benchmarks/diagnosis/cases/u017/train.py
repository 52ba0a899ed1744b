import os
import math
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

CHIRPS = 6
LENGTH = 256


def synth(label):
    """One short 'bird call': pitch, sweep and rhythm depend on the species."""
    t = torch.linspace(0, 1, LENGTH)
    f0 = 12 + 5 * (label % 3) + torch.randn(()) * 0.5
    sweep = (-14.0, 14.0)[label // 3]
    phase = 2 * math.pi * (f0 * t + 0.5 * sweep * t ** 2) + 6.28 * torch.rand(())
    env = torch.exp(-((t - 0.3 - 0.4 * torch.rand(())) / 0.3) ** 2)
    loud = torch.rand(()) * 2 + 0.2
    return (loud * env * torch.sin(phase) + 0.2 * torch.randn(LENGTH)).unsqueeze(0)


def make(n):
    y = torch.randint(0, CHIRPS, (n,))
    return torch.stack([synth(int(k)) for k in y]), y


class BirdNet(nn.Module):
    def __init__(self):
        super().__init__()

        def stage(i, o):
            return nn.Sequential(nn.Conv1d(i, o, 9, padding=4, stride=2), nn.BatchNorm1d(o), nn.ReLU(), nn.MaxPool1d(2))

        self.stages = nn.Sequential(stage(1, 16), stage(16, 32), stage(32, 32))
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(32, CHIRPS)

    def forward(self, x):
        x = self.pool(self.stages(x)).flatten(1)
        return self.fc(self.dropout(x))


def recognise(net, clip):
    """Species of one recording."""
    with torch.no_grad():
        return net(clip.unsqueeze(0)).argmax(1).item()


def train(net, x, y, epochs=6):
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs)
    net.train()
    for e in range(epochs):
        correct, total_loss = 0, 0.0
        for idx in torch.randperm(len(x)).split(40):
            opt.zero_grad()
            out = net(x[idx])
            loss = nn.functional.cross_entropy(out, y[idx])
            loss.backward()
            opt.step()
            correct += (out.argmax(1) == y[idx]).sum().item()
            total_loss += loss.item() * len(idx)
        sched.step()
        print(f"epoch {e + 1}: loss {total_loss / len(x):.3f}  accuracy {correct / len(x):.3f}")


if __name__ == "__main__":
    x, y = make(2000)
    net = BirdNet()
    train(net, x, y)
    clips, species = make(500)
    right = sum(recognise(net, c) == s for c, s in zip(clips, species.tolist()))
    print(f"FINAL accuracy={right / 500:.4f}")
