import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
BN_MOMENTUM = 0.001


class SoundNet(nn.Module):
    def __init__(self, n_classes=5):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 9, stride=2, bias=False)
        self.norm1 = nn.BatchNorm1d(16, momentum=BN_MOMENTUM)
        self.conv2 = nn.Conv1d(16, 24, 7, stride=2, bias=False)
        self.norm2 = nn.BatchNorm1d(24, momentum=BN_MOMENTUM)
        self.conv3 = nn.Conv1d(24, 32, 5, stride=2, bias=False)
        self.norm3 = nn.BatchNorm1d(32, momentum=BN_MOMENTUM)
        self.fc = nn.Linear(32, n_classes)

    def forward(self, x):
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2), (self.conv3, self.norm3)):
            x = F.relu(norm(conv(x)))
        return self.fc(x.mean(2))


def instrument(n, length=128):
    """five timbres: which overtones sound along"""
    overtones = torch.tensor([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [1, 0.7, 0.7, 0.7]])
    y = torch.randint(0, 5, (n,))
    f = (0.02 + 0.015 * torch.rand(n, 1)) * 2 * torch.pi
    t = torch.arange(length)[None]
    x = sum(overtones[y][:, k:k + 1] * torch.sin((k + 1) * f * t + 6.3 * torch.rand(n, 1)) for k in range(4))
    return (0.3 * x + 0.1 * torch.randn(n, length)).unsqueeze(1), y


x_train, y_train = instrument(1600)
x_test, y_test = instrument(500)
model = SoundNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    correct = 0
    for rows in torch.randperm(1600).split(32):
        out = model(x_train[rows])
        loss = F.cross_entropy(out, y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (out.argmax(1) == y_train[rows]).sum().item()
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1}: train accuracy {correct / 1600:.3f}, test accuracy {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
