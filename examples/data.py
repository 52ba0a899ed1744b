# SPDX-License-Identifier: Apache-2.0
"""The data of the examples: scikit-learn's handwritten digits, or MNIST or CIFAR-10.

`digits` comes with scikit-learn: 1,797 images of 8 × 8. The others need torchvision, which
downloads them into `data/` the first time.
"""

import torch
from torch.utils.data import DataLoader, TensorDataset

CHOICES = ("digits", "mnist", "cifar10")


def load(name: str, rows: int | None = None) -> tuple[torch.Tensor, ...]:
    """Training and test images [n, channels, height, width] of mean 0 and deviation 1, labels [n].

    `rows` bounds the training rows. Returns images, labels, test images, test labels.
    """
    x, y, x_test, y_test = _digits() if name == "digits" else _torchvision(name)
    mean, deviation = x.mean(), x.std()
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    return x[:rows], y[:rows], x_test, y_test


def batches(x: torch.Tensor, y: torch.Tensor, size: int = 64) -> DataLoader:
    """A loader of shuffled batches."""
    return DataLoader(TensorDataset(x, y), batch_size=size, shuffle=True)


def _digits() -> tuple[torch.Tensor, ...]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(digits.target)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=360, random_state=0)
    return x, y, x_test, y_test


def _torchvision(name: str) -> tuple[torch.Tensor, ...]:
    try:
        from torchvision import datasets
    except ImportError:
        raise SystemExit(f"--data {name} needs torchvision: pip install torchvision") from None
    except RuntimeError as error:  # its operators are of another build of torch
        raise SystemExit(
            f"--data {name} needs the torchvision that was built for torch {torch.__version__}; "
            f"this one says: {error}"
        ) from None
    kind = {"mnist": datasets.MNIST, "cifar10": datasets.CIFAR10}[name]
    parts = []
    for train in (True, False):
        found = kind("data", train=train, download=True)
        images = torch.as_tensor(found.data, dtype=torch.float32)
        images = images.unsqueeze(1) if images.dim() == 3 else images.permute(0, 3, 1, 2)
        parts += [images, torch.as_tensor(found.targets)]
    return tuple(parts)
