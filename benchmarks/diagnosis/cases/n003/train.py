import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

# votes on sixteen questions: yes 1, no 0, abstained in between; two parties
N = 1500
party = rng.randint(0, 2, N)
lean = np.random.RandomState(8).uniform(0.15, 0.85, 16)
prob_yes = np.where(party[:, None] == 1, lean, 1 - lean)
votes = (rng.rand(N, 16) < prob_yes).astype("float32")
votes[rng.rand(N, 16) < 0.08] = 0.5

votes, party = torch.from_numpy(votes), torch.from_numpy(party)
train_loader = DataLoader(TensorDataset(votes[:1100], party[:1100]), batch_size=16, shuffle=True)


class VoteNet(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.dense1, self.dense2 = nn.Linear(16, 64), nn.Linear(64, 64)
        self.out = nn.Linear(64, 2)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(torch.tanh(self.dense1(x)))
        x = self.drop(torch.tanh(self.dense2(x)))
        return self.out(x)


net = VoteNet()
sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
for epoch in range(20):
    net.train()
    for x, y in train_loader:
        sgd.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        sgd.step()
    net.eval()
    with torch.no_grad():
        train_loss = nn.functional.cross_entropy(net(votes[:1100]), party[:1100]).item()
        acc = (net(votes[1100:]).argmax(1) == party[1100:]).float().mean().item()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} loss {train_loss:.4f} held-out accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
