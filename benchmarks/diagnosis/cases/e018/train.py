import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
SHAPES = torch.randn(10, 4, 25, generator=torch.Generator().manual_seed(11)).cumsum(-1) / 3


def recordings(n, classes):
    y = torch.randint(0, len(classes), (n,))
    x = SHAPES[torch.tensor(classes)[y]]
    gain = 0.7 + 0.6 * torch.rand(n, 1, 1)
    x = gain * x + 0.8 * torch.randn(n, 4, 25)
    return x, y


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(4, 32, 5, padding=2)
        self.c2 = nn.Conv1d(32, 32, 5, padding=2)
        self.fc = nn.Linear(32 * 5, 48)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.avg_pool1d(F.relu(self.c2(x)), 5)
        return F.relu(self.fc(x.flatten(1)))


def run(model, opt, x, y, epochs, tag):
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(40):
            loss = F.cross_entropy(model(x[rows]), y[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"{tag} epoch {epoch} loss {loss.item():.4f}")


body = Body()
source = nn.Sequential(body, nn.Linear(48, 8))
run(source, torch.optim.Adam(source.parameters(), lr=2e-3), *recordings(2400, list(range(8))), epochs=4, tag="pretrain")

target_classes = [8, 9, 0, 3]
model = nn.Sequential(body, nn.Linear(48, 4))
opt = torch.optim.AdamW([{"params": model[0].parameters(), "lr": 1e-5}, {"params": model[1].parameters(), "lr": 1e-3}], weight_decay=0.01)
run(model, opt, *recordings(400, target_classes), epochs=15, tag="finetune")

x, y = recordings(1000, target_classes)
model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(model(x).argmax(1) == y).float().mean().item():.4f}")
