# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
"""Forty networks, each with a loss; run as a script it trains them and prints every bit.

`python architectures.py [watch] [STEPS]` prints JSON: name → [losses as hex, hash of the final
weights, hash of the RNG states, attributes added to the modules, whether it still pickles and
copies].
"""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import random
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

STEPS = 50
Built = tuple[nn.Module, Callable[[], Tensor]]
BUILDERS: dict[str, Callable[[], Built]] = {}


def architecture(function: Callable[[], Built]) -> Callable[[], Built]:
    BUILDERS[function.__name__] = function
    return function


def classified(net: nn.Module, *shape: int, classes: int = 4) -> Built:
    def loss() -> Tensor:
        x = torch.randn(shape)
        return F.cross_entropy(net(x), torch.randint(0, classes, (shape[0],)))

    return net, loss


@architecture
def mlp() -> Built:
    return classified(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)), 16, 8)


@architecture
def mlp_inplace_dropout() -> Built:
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(16, 4))
    return classified(net, 16, 8)


@architecture
def batchnorm_mlp() -> Built:
    net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 4))
    return classified(net, 16, 8)


@architecture
def activations() -> Built:
    acts = [nn.GELU(), nn.SiLU(), nn.ELU(), nn.SELU(), nn.LeakyReLU(), nn.Mish(), nn.Hardtanh()]
    layers: list[nn.Module] = []
    for act in acts:
        layers += [nn.Linear(8, 8), act]
    return classified(nn.Sequential(*layers, nn.Linear(8, 4)), 16, 8)


@architecture
def prelu_softplus() -> Built:
    net = nn.Sequential(
        nn.Linear(8, 8), nn.PReLU(), nn.Linear(8, 8), nn.Softplus(), nn.Linear(8, 4)
    )
    return classified(net, 16, 8)


@architecture
def cnn() -> Built:
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 4)
    )
    return classified(net, 8, 1, 8, 8)


@architecture
def cnn_channels_last() -> Built:
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4)
    )
    return classified(net.to(memory_format=torch.channels_last), 8, 3, 8, 8)


@architecture
def conv1d_groupnorm() -> Built:
    net = nn.Sequential(
        nn.Conv1d(2, 8, 3), nn.GroupNorm(2, 8), nn.GELU(), nn.Flatten(), nn.Linear(64, 4)
    )
    return classified(net, 8, 2, 10)


@architecture
def conv3d() -> Built:
    net = nn.Sequential(nn.Conv3d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 27, 4))
    return classified(net, 4, 1, 5, 5, 5)


@architecture
def transposed() -> Built:
    net = nn.Sequential(nn.ConvTranspose2d(4, 2, 3, stride=2), nn.InstanceNorm2d(2), nn.Sigmoid())
    return net, lambda: F.mse_loss(net(torch.randn(4, 4, 4, 4)), torch.rand(4, 2, 9, 9))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(2):
            x = x + self.b(F.relu(self.a(x)))
        return self.head(x)


@architecture
def residual_reused() -> Built:
    return classified(Residual(), 16, 8)


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.cell = kind(4, 8, num_layers=2, batch_first=True, dropout=0.2)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.cell(x)[0][:, -1])


@architecture
def lstm() -> Built:
    return classified(Recurrent(nn.LSTM), 8, 6, 4)


@architecture
def gru() -> Built:
    return classified(Recurrent(nn.GRU), 8, 6, 4)


@architecture
def rnn() -> Built:
    return classified(Recurrent(nn.RNN), 8, 6, 4)


@architecture
def lstm_cell_loop() -> Built:
    cell, head = nn.LSTMCell(4, 8), nn.Linear(8, 4)
    net = nn.ModuleDict({"cell": cell, "head": head})

    def loss() -> Tensor:
        h, c = torch.zeros(8, 8), torch.zeros(8, 8)
        for _ in range(5):
            h, c = cell(torch.randn(8, 4), (h, c))
        return F.cross_entropy(head(h), torch.randint(0, 4, (8,)))

    return net, loss


@architecture
def transformer_encoder() -> Built:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    net = nn.Sequential(
        nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Flatten(), nn.Linear(96, 4)
    )
    return classified(net, 4, 6, 16)


@architecture
def attention() -> Built:
    attend, head = nn.MultiheadAttention(16, 4, batch_first=True), nn.Linear(16, 4)
    net = nn.ModuleList([attend, head])

    def loss() -> Tensor:
        x = torch.randn(4, 6, 16)
        return F.cross_entropy(head(attend(x, x, x)[0].mean(1)), torch.randint(0, 4, (4,)))

    return net, loss


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(torch.tanh(self.embed(ids)))


@architecture
def tied_embedding() -> Built:
    net = Tied()

    def loss() -> Tensor:
        ids = torch.randint(0, 20, (4, 7))
        return F.cross_entropy(net(ids).reshape(-1, 20), ids.reshape(-1))

    return net, loss


@architecture
def sparse_embedding() -> Built:
    net = nn.Sequential(nn.EmbeddingBag(30, 8, sparse=True), nn.Linear(8, 4))
    return net, lambda: F.cross_entropy(
        net(torch.randint(0, 30, (8, 5))), torch.randint(0, 4, (8,))
    )


@architecture
def checkpointed() -> Built:
    block = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2))
    head = nn.Linear(8, 4)
    net = nn.ModuleList([block, head])

    def loss() -> Tensor:
        x = torch.randn(16, 8, requires_grad=True)
        hidden = checkpoint(block, x, use_reentrant=False)
        return F.cross_entropy(head(hidden), torch.randint(0, 4, (16,)))

    return net, loss


@architecture
def checkpointed_reentrant() -> Built:
    block, head = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Dropout(0.2)), nn.Linear(8, 4)
    net = nn.ModuleList([block, head])

    def loss() -> Tensor:
        x = torch.randn(16, 8, requires_grad=True)
        hidden = checkpoint(block, x, use_reentrant=True)
        return F.cross_entropy(head(hidden), torch.randint(0, 4, (16,)))

    return net, loss


@architecture
def spectral_and_weight_norm() -> Built:
    net = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8)),
        nn.ReLU(),
        nn.utils.parametrizations.weight_norm(nn.Linear(8, 4)),
    )
    return classified(net, 16, 8)


@architecture
def autoencoder() -> Built:
    net = nn.Sequential(nn.Linear(12, 3), nn.Tanh(), nn.Linear(3, 12), nn.Sigmoid())

    def loss() -> Tensor:
        x = torch.rand(16, 12)
        return F.binary_cross_entropy(net(x), x)

    return net, loss


class Variational(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(8, 4), nn.Linear(2, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encode(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        return self.decode(z), mean, log_variance


@architecture
def variational() -> Built:
    net = Variational()

    def loss() -> Tensor:
        x = torch.randn(16, 8)
        out, mean, log_variance = net(x)
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).mean()
        return F.mse_loss(out, x) + kl

    return net, loss


@architecture
def gradient_penalty() -> Built:
    net = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))

    def loss() -> Tensor:
        x = torch.randn(8, 4, requires_grad=True)
        out = net(x)
        (slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)
        return out.mean() + ((slope.norm(dim=1) - 1) ** 2).mean()

    return net, loss


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 2 * x * gradient


@architecture
def custom_function() -> Built:
    inner, head = nn.Linear(8, 8), nn.Linear(8, 4)
    net = nn.ModuleList([inner, head])
    return net, lambda: F.cross_entropy(
        head(Doubled.apply(inner(torch.randn(16, 8)))), torch.randint(0, 4, (16,))
    )


@architecture
def functional_transform() -> Built:
    net = nn.Linear(3, 1)

    def loss() -> Tensor:
        parameters = dict(net.named_parameters())

        def one(p: dict[str, Tensor], x: Tensor) -> Tensor:
            return torch.func.functional_call(net, p, (x,)).squeeze()

        jacobian = torch.func.vmap(torch.func.grad(one, argnums=1), in_dims=(None, 0))
        x = torch.randn(6, 3)
        return (net(x) ** 2).mean() + (jacobian(parameters, x) ** 2).mean()

    return net, loss


@architecture
def bfloat16_autocast() -> Built:
    net = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 4))

    def loss() -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(torch.randn(16, 8))
            return F.cross_entropy(out, torch.randint(0, 4, (16,)))

    return net, loss


@architecture
def double_precision() -> Built:
    net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 4)).double()
    return net, lambda: F.cross_entropy(
        net(torch.randn(16, 8, dtype=torch.float64)), torch.randint(0, 4, (16,))
    )


@architecture
def bilinear_two_inputs() -> Built:
    net = nn.Bilinear(4, 5, 3)
    return net, lambda: F.huber_loss(net(torch.randn(8, 4), torch.randn(8, 5)), torch.randn(8, 3))


@architecture
def frozen_backbone() -> Built:
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 4))
    net[0].requires_grad_(False)
    return classified(net, 16, 8)


def _transformers(name: str, **settings: Any) -> Callable[[], Built]:
    def build() -> Built:
        import transformers

        config = getattr(transformers, f"{name}Config")(**settings)
        masked = name in ("Bert", "Albert", "DistilBert")
        head = "LMHeadModel" if name == "GPT2" else "ForMaskedLM" if masked else "ForCausalLM"
        net = getattr(transformers, name + head)(config)

        def loss() -> Tensor:
            ids = torch.randint(0, 40, (2, 8))
            return net(input_ids=ids, labels=ids).loss

        return net, loss

    return build


_SMALL = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
BUILDERS["bert"] = _transformers("Bert", num_hidden_layers=2, max_position_embeddings=16, **_SMALL)
BUILDERS["llama"] = _transformers("Llama", num_hidden_layers=2, num_key_value_heads=2, **_SMALL)
BUILDERS["gpt2"] = _transformers(
    "GPT2", vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=16
)
BUILDERS["albert"] = _transformers("Albert", num_hidden_layers=2, embedding_size=8, **_SMALL)
BUILDERS["distilbert"] = _transformers(
    "DistilBert", vocab_size=40, dim=16, hidden_dim=32, n_layers=2, n_heads=2
)
BUILDERS["qwen2"] = _transformers("Qwen2", num_hidden_layers=2, num_key_value_heads=1, **_SMALL)
BUILDERS["mixtral"] = _transformers(
    "Mixtral", num_hidden_layers=2, num_key_value_heads=1, num_local_experts=4, **_SMALL
)


@architecture
def t5() -> Built:
    import transformers

    config = transformers.T5Config(
        vocab_size=40, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2,
        decoder_start_token_id=0,
    )  # fmt: skip
    net = transformers.T5ForConditionalGeneration(config)

    def loss() -> Tensor:
        ids = torch.randint(1, 40, (2, 8))
        return net(input_ids=ids, labels=ids).loss

    return net, loss


@architecture
def vit() -> Built:
    import transformers

    config = transformers.ViTConfig(
        image_size=8, patch_size=4, num_hidden_layers=2, num_labels=4,
        **{k: v for k, v in _SMALL.items() if k != "vocab_size"},
    )  # fmt: skip
    net = transformers.ViTForImageClassification(config)

    def loss() -> Tensor:
        labels = torch.randint(0, 4, (4,))
        return net(pixel_values=torch.randn(4, 3, 8, 8), labels=labels).loss

    return net, loss


def digest(*parts: Any) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
    return found.hexdigest()[:16]


def states() -> str:
    return digest(
        torch.get_rng_state().numpy().tobytes(),
        np.random.get_state()[1].tobytes(),
        random.getstate(),
    )


def train(build: Callable[[], Built], watched: bool, steps: int = STEPS) -> list[Any]:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    net, loss_of = build()
    before = {id(m): set(vars(m)) for m in net.modules()}
    trainable = [p for p in net.parameters() if p.requires_grad]
    sparse = any(getattr(m, "sparse", False) for m in net.modules())
    optimizer: torch.optim.Optimizer = (
        torch.optim.SGD(trainable, lr=0.05) if sparse else torch.optim.Adam(trainable, lr=0.01)
    )
    if watched:
        from backprobe.probe import entry

        entry.watch(net, log="all", log_freq=1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(trainable, 1.0) if not sparse else None
        optimizer.step()
        losses.append(float(loss.detach()).hex())
    added = sorted(
        {
            name
            for m in net.modules()
            for name in set(vars(m)) - before[id(m)]
            if not name.startswith("_forward")
        }
    )
    copied = True
    try:
        copy.deepcopy(net)
        pickle.dumps(net)
    except Exception as error:  # noqa: BLE001  # what it says is compared
        copied = repr(error)
    weights = digest(*[p.detach().numpy().tobytes() for p in net.parameters()])
    return [losses, weights, states(), added, copied]


def main() -> None:
    watched = "watch" in sys.argv
    steps = next((int(word) for word in sys.argv[1:] if word.isdecimal()), STEPS)
    torch.set_num_threads(1)
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="transformers")
    found = {name: train(build, watched, steps) for name, build in BUILDERS.items()}
    if watched:
        from backprobe import session
        from backprobe.store.reader import RunReader

        current = session.current()
        assert current is not None
        current.finish()
        reader = RunReader(current.run)
        reader.refresh()
        record = reader.record()
        found["failures"] = [e.data.get("trace", "") for e in record.named("failure")]
        found["steps"] = len(record.steps)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
