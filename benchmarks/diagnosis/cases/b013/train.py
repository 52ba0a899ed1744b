import os
from typing import List, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
N_TAGS = 6


class Scenes(Dataset):
    """Feature vectors of scenes; each of six objects is present or not."""

    def __init__(self, n: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        proto = np.random.default_rng(0).normal(size=(N_TAGS, 24))
        self.tags = (rng.random((n, N_TAGS)) < 0.4).astype(np.float32)
        self.tags[np.arange(n), rng.integers(0, N_TAGS, n)] = 1
        self.feats = (np.tanh(self.tags @ proto) + rng.normal(0, 0.5, (n, 24))).astype(np.float32)

    def __len__(self) -> int:
        return len(self.feats)

    def __getitem__(self, i: int) -> Tuple[np.ndarray, np.ndarray]:
        return self.feats[i], self.tags[i]


def collate(rows: List[Tuple[np.ndarray, np.ndarray]]) -> Tuple[Tensor, Tensor]:
    feats, tags = zip(*rows)
    return torch.from_numpy(np.stack(feats)), torch.from_numpy(np.stack(tags)).argmax(dim=1)


def f1(model: nn.Module, data: Scenes) -> float:
    with torch.no_grad():
        hit = model(torch.from_numpy(data.feats)) > 0
    truth = torch.from_numpy(data.tags) > 0
    return (2 * (hit & truth).sum() / (hit.sum() + truth.sum())).item()


def main() -> None:
    torch.manual_seed(SEED)
    train, test = Scenes(2400, SEED + 1), Scenes(600, SEED + 1001)
    loader = DataLoader(train, batch_size=48, shuffle=True, collate_fn=collate)
    model = nn.Sequential(nn.Linear(24, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, N_TAGS))
    criterion = nn.CrossEntropyLoss()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for epoch in range(10):
        for x, t in loader:
            loss = criterion(model(x), t)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}, F1 {f1(model, test):.3f}")
    print(f"FINAL f1={f1(model, test):.4f}")


if __name__ == "__main__":
    main()
