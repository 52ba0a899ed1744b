# SPDX-License-Identifier: Apache-2.0
"""Seed faults into the healthy programs of the corpus and score the diagnosis on those that hurt.

    python benchmarks/diagnosis/mutations.py [--count 30] [--seed 0] [--store DIR] [--jobs 1]
        [--split dev] [--list] [--json FILE]

The operators are of the kind of DeepCrime (Humbatova et al., ISSTA 2021): each rewrites the source
of one program. A mutant counts only where it is killed, that is, its printed metric is clearly
worse than that of the sound program (or not a number): many faults change nothing.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import math
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import score  # type: ignore[import-not-found]  # beside this file

FINAL = re.compile(r"FINAL \w+=(\S+)")
WORSE = 0.05
"""A killed mutant's metric is this much of the sound one's way to its ideal worse, and more than
twice the spread over seeds."""

Operator = Callable[[ast.Module], bool]


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes, runs and scores mutants."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="mutants to run")
    parser.add_argument("--seed", type=int, default=0, help="which programs and operators")
    parser.add_argument("--store", help="where mutants and runs are kept; a temporary folder")
    parser.add_argument("--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("--split", default="dev", help="dev, held-out or all")
    parser.add_argument("--list", action="store_true", help="print each mutant's findings")
    parser.add_argument("--json", help="write the table to this file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(options.store or scratch)
        cases = [
            case
            for case in score._cases([score.CASES])
            if case["healthy"] and options.split in ("all", score._split(case))
        ]
        mutants = list(_mutants(cases, store, options.seed, options.count))
        with ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda m: score._run(m, store / "runs"), mutants))
        killed = [r for r in results if _killed(r, store / "runs")]
    if options.list:
        for result in killed:
            score._print_case(result)
    table = {"mutants": score.Score(killed)}
    print(f"{len(mutants)} mutants, {len(killed)} killed")
    score._print_table(table)
    score._print_rules(killed)
    if options.json:
        Path(options.json).write_text(json.dumps(dict(table["mutants"].rows()), indent=1) + "\n")
    return 0


@dataclass(frozen=True)
class Mutation:
    """An operator and the rules any of which names what it does."""

    name: str
    apply: Operator
    rules: tuple[str, ...]


def _mutants(cases: list[score.Facts], store: Path, seed: int, count: int) -> Iterator[score.Facts]:
    """Writes mutated programs, each beside a case.json of its own, in a seeded order."""
    pairs = [(case, mutation) for case in cases for mutation in MUTATIONS]
    random.Random(seed).shuffle(pairs)
    made = 0
    for case, mutation in pairs:
        if made == count:
            return
        tree = ast.parse((case["folder"] / "train.py").read_text())
        if not mutation.apply(tree):
            continue
        made += 1
        name = f"{case['id']}-{mutation.name}"
        folder = store / "programs" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train.py").write_text(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
        yield {
            **case,
            "id": name,
            "folder": folder,
            "healthy": False,
            "title": f"{mutation.name} in {case['title']}",
            "root_causes": list(mutation.rules),
            "symptoms": list(SYMPTOMS),
            "where": [],
        }


def _killed(result: score.Result, runs: Path) -> bool:
    """Whether the mutant's metric is clearly worse than the sound program's."""
    printed = (runs / f"{result.case['id']}.out").read_text(errors="replace")
    found = FINAL.findall(printed)
    if not found:
        return True  # it broke down
    value = float(found[-1])
    sound = [float(v) for v in result.case["healthy_values"]]
    better = bool(result.case["higher_is_better"])
    worst, best = (min(sound), max(sound)) if better else (max(sound), min(sound))
    ideal = float(result.case.get("ideal", 1.0 if better else 0.0))
    lost = worst - value if better else value - worst
    margin = max(2.0 * abs(best - worst), WORSE * max(abs(ideal - worst), abs(worst), 0.1))
    return not math.isfinite(value) or lost > margin


def _calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n.func) in names]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _optimizers(tree: ast.AST) -> list[ast.Call]:
    return _calls(tree, "SGD", "Adam", "AdamW", "RMSprop", "Adagrad")


def _set_keyword(call: ast.Call, name: str, value: ast.expr) -> None:
    call.keywords = [k for k in call.keywords if k.arg != name]
    call.keywords.append(ast.keyword(arg=name, value=value))


def _scale_rate(factor: float) -> Operator:
    def apply(tree: ast.Module) -> bool:
        done = False
        for call in _optimizers(tree):
            given = next((k.value for k in call.keywords if k.arg == "lr"), None)
            if given is None and len(call.args) > 1:
                given = call.args.pop(1)
            if given is not None:
                scaled = ast.BinOp(copy.deepcopy(given), ast.Mult(), ast.Constant(factor))
                _set_keyword(call, "lr", scaled)
                done = True
        return done

    return apply


def _set_option(kind: tuple[str, ...], name: str, value: float) -> Operator:
    def apply(tree: ast.Module) -> bool:
        calls = _calls(tree, *kind)
        for call in calls:
            _set_keyword(call, name, ast.Constant(value))
        return bool(calls)

    return apply


def _drop_statements(method: str) -> Operator:
    """Removes statements that are a call of a method of that name on an optimizer or model."""

    class Dropper(ast.NodeTransformer):
        dropped = 0

        def visit_Expr(self, node: ast.Expr) -> ast.AST:
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                owner = _name(call.func.value)
                schedule = "sched" in owner or owner in ("s", "warmup", "annealing")
                if call.func.attr == method and not schedule:
                    self.dropped += 1
                    return ast.Pass()
            return node

    def apply(tree: ast.Module) -> bool:
        dropper = Dropper()
        dropper.visit(tree)
        return dropper.dropped > 0

    return apply


def _activations(module: str | None) -> Operator:
    """Replaces rectifiers by another activation, or by nothing."""

    class Replacer(ast.NodeTransformer):
        done = 0

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            name = _name(node.func)
            if name in ("ReLU", "GELU", "SiLU", "Tanh", "LeakyReLU") and isinstance(
                node.func, ast.Attribute
            ):
                self.done += 1
                node.func.attr = module or "Identity"
                node.args, node.keywords = [], []
            elif name in ("relu", "gelu", "silu", "tanh") and len(node.args) == 1:
                self.done += 1
                if module is None:
                    return node.args[0]
                return ast.Call(ast.Attribute(node.args[0], module.lower(), ast.Load()), [], [])
            return node

    def apply(tree: ast.Module) -> bool:
        replacer = Replacer()
        replacer.visit(tree)
        return replacer.done > 0

    return apply


def _on_loss(change: Callable[[ast.Call], None]) -> Operator:
    """Changes the arguments of calls of cross entropy, functional or of a criterion object."""

    def apply(tree: ast.Module) -> bool:
        criteria = {
            _name(target)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _calls(node.value, "CrossEntropyLoss")
            for target in node.targets
        }
        calls = [c for c in _calls(tree, "cross_entropy", *criteria - {""}) if len(c.args) >= 2]
        for call in calls:
            change(call)
        return bool(calls)

    return apply


def _softmax_first(call: ast.Call) -> None:
    softmax = ast.Attribute(call.args[0], "softmax", ast.Load())
    call.args[0] = ast.Call(softmax, [ast.Constant(1)], [])


def _shuffle_targets(call: ast.Call) -> None:
    order = ast.parse("__import__('torch').randperm(0)", mode="eval").body
    assert isinstance(order, ast.Call)
    order.args = [ast.Call(ast.Name("len", ast.Load()), [copy.deepcopy(call.args[1])], [])]
    call.args[1] = ast.Subscript(call.args[1], order, ast.Load())


def _init(statement: str) -> Operator:
    """Draws all weights anew right after the optimizer is made."""

    def apply(tree: ast.Module) -> bool:
        for node in ast.walk(tree):
            for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
                if not isinstance(body, list):
                    continue
                for place, item in enumerate(body):
                    if not isinstance(item, ast.Assign):
                        continue
                    calls = [c for c in _optimizers(item.value) if c.args]
                    owner = _owner(calls[0].args[0]) if calls else ""
                    if owner:
                        lines = f"for _p in {owner}.parameters():\n    {statement}"
                        body.insert(place + 1, ast.parse(lines).body[0])
                        return True
        return False

    return apply


def _owner(argument: ast.expr) -> str:
    """`model` of `model.parameters()`."""
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
        owned = argument.func.attr == "parameters" and isinstance(argument.func.value, ast.Name)
        return argument.func.value.id if owned and isinstance(argument.func.value, ast.Name) else ""
    return ""


MUTATIONS = (
    Mutation("rate-x1000", _scale_rate(1000.0), ("learning-rate-too-high", "dead-relu")),
    Mutation("rate-x0.0001", _scale_rate(1e-4), ("learning-rate-too-low", "slow-convergence")),
    Mutation("momentum-0.9995", _set_option(("SGD",), "momentum", 0.9995), ("momentum-too-high",)),
    Mutation(
        "decay-2",
        _set_option(("SGD", "Adam", "RMSprop"), "weight_decay", 2.0),
        ("weight-decay-too-high",),
    ),
    Mutation("dropout-0.95", _set_option(("Dropout",), "p", 0.95), ("excessive-dropout",)),
    Mutation("no-zero-grad", _drop_statements("zero_grad"), ("missing-zero-grad",)),
    Mutation("no-step", _drop_statements("step"), ("missing-optimizer-step",)),
    Mutation(
        "no-activation",
        _activations(None),
        ("missing-nonlinearity", "underfitting"),
    ),
    Mutation(
        "sigmoids",
        _activations("Sigmoid"),
        ("vanishing-gradients", "saturated-activations", "slow-convergence"),
    ),
    Mutation("softmax-first", _on_loss(_softmax_first), ("double-softmax",)),
    Mutation("targets-shuffled", _on_loss(_shuffle_targets), ("labels-mismatched",)),
    Mutation(
        "init-large",
        _init("__import__('torch').nn.init.normal_(_p, 0.0, 5.0)"),
        ("init-scale-too-large", "exploding-gradients", "initial-loss-off"),
    ),
    Mutation(
        "init-constant",
        _init("__import__('torch').nn.init.constant_(_p, 0.05)"),
        ("symmetric-init",),
    ),
)
SYMPTOMS = (
    "not-learning",
    "slow-convergence",
    "underfitting",
    "loss-oscillating",
    "loss-diverging",
    "nonfinite-loss",
    "nonfinite-gradients",
    "exploding-gradients",
    "vanishing-gradients",
    "saturated-activations",
    "dead-relu",
    "initial-loss-off",
)


if __name__ == "__main__":
    sys.exit(main())
