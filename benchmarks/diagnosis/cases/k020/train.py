import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(int(os.environ.get("SEED", 0)))


def castings(n, share=0.03):
    """32-point surface profiles; a defect is a short dip."""
    g = torch.randn(n, 1, 32).cumsum(-1) * 0.15 + 0.2 * torch.randn(n, 1, 32)
    y = (torch.rand(n) < share).float()
    at = torch.randint(3, 29, (n, 1, 1))
    k = torch.arange(32).view(1, 1, 32)
    g -= y.view(-1, 1, 1) * 1.3 * torch.exp(-((k - at).float() ** 2) / 2)
    return g, y


class ProfileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.Conv1d(16, 16, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten())
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.conv(x)).squeeze(1)


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        ce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return ((1 - torch.exp(-ce)) ** self.gamma * ce).mean()


x, y = castings(6000)
x_test, y_test = castings(4000)
weights = torch.where(y == 1, 1 / y.mean(), 1 / (1 - y.mean()))
sampler = WeightedRandomSampler(weights, num_samples=3000, replacement=True)
loader = DataLoader(TensorDataset(x, y), batch_size=60, sampler=sampler)
net, loss_fn = ProfileNet(), FocalLoss()
opt = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-5)
print(f"defects: {int(y.sum())} of {len(y)}")
for epoch in range(14):
    net.train()
    total = 0.0
    for xb, yb in loader:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1} focal {total / len(loader):.4f}")
net.eval()
with torch.no_grad():
    said = net(x_test) > 0
hit = said[y_test == 1].float().mean().item()
calm = (~said[y_test == 0]).float().mean().item()
print(f"recall {hit:.3f} specificity {calm:.3f}")
print(f"FINAL balanced_accuracy={(hit + calm) / 2:.4f}")
