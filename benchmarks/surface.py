# SPDX-License-Identifier: Apache-2.0
"""How much of W&B's surface a module has: one small script a row, run with it as `wandb`.

    python benchmarks/surface.py                              # backprobe
    python benchmarks/surface.py --with trackio=/venv/bin/python   # and others beside it

Each row is what users' scripts and integrations really call. A row passes where its script runs
to its end; what W&B itself does decides what must hold (semantics checked against wandb 0.31.0).
`--with wandb=…` runs the rows against W&B itself, offline.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

ROWS: Mapping[str, str] = {
    "init()": "run = wandb.init(); assert run is not None",
    "init(project, config)": "wandb.init(project='p', config={'lr': 0.1})",
    "init(entity, dir, notes, tags, group, job_type)": (
        "r = wandb.init(project='p', entity='e', dir='.', notes='n', tags=['a'], group='g',"
        " job_type='j'); assert tuple(r.tags) == ('a',) and r.group == 'g' and r.notes == 'n'"
    ),
    "init(id)": "assert wandb.init(project='p', id='abc123').id == 'abc123'",
    "init(name)": "assert wandb.init(project='p', name='x').name == 'x'",
    "init(mode='disabled')": (
        "r = wandb.init(project='p', mode='disabled'); r.log({'a': 1}); assert r.summary['a'] == 1"
    ),
    "init(mode='offline')": "wandb.init(project='p', mode='offline')",
    "init(settings=Settings())": (
        "wandb.init(project='p', settings=wandb.Settings(start_method='thread'))"
    ),
    "init(save_code, sync_tensorboard, monitor_gym, anonymous)": (
        "wandb.init(project='p', save_code=True, sync_tensorboard=False, monitor_gym=False,"
        " anonymous='allow')"
    ),
    "init() again returns the same run": (
        "a = wandb.init(project='p'); b = wandb.init(project='p'); assert a is b or a.id == b.id"
    ),
    "init(reinit='create_new')": (
        "a = wandb.init(project='p'); b = wandb.init(project='p', reinit='create_new');"
        " assert a.id != b.id; b.finish()"
    ),
    "init(reinit=True)": (
        "a = wandb.init(project='p'); b = wandb.init(project='p', reinit=True); assert a.id != b.id"
    ),
    "init(resume='allow', id)": (
        "r = wandb.init(project='p', id='again', resume='allow'); r.log({'a': 1}); r.finish();"
        " r = wandb.init(project='p', id='again', resume='allow'); assert r.id == 'again'"
    ),
    "init(config_exclude_keys)": (
        "wandb.init(project='p', config={'a': 1, 'b': 2}, config_exclude_keys=['b']);"
        " assert 'b' not in wandb.config.keys()"
    ),
    "config of a Namespace": (
        "import argparse; wandb.init(project='p', config=argparse.Namespace(lr=1));"
        " assert wandb.config['lr'] == 1"
    ),
    "config.lr": "wandb.init(project='p', config={'lr': 1}); assert wandb.config.lr == 1",
    "config['lr'], get, items, keys": (
        "wandb.init(project='p', config={'lr': 1}); c = wandb.config; assert c['lr'] == 1"
        " and c.get('no', 3) == 3 and ('lr', 1) in list(c.items()) and 'lr' in c.keys()"
    ),
    "config.update(allow_val_change)": (
        "wandb.init(project='p', config={'lr': 1});"
        " wandb.config.update({'lr': 2}, allow_val_change=True); assert wandb.config['lr'] == 2"
    ),
    "config change is refused": (
        "wandb.init(project='p', config={'lr': 1})\n"
        "try: wandb.config.update({'lr': 2})\n"
        "except Exception as error: assert 'lr' in str(error)\n"
        "else: raise AssertionError"
    ),
    "config.setdefaults, as_dict": (
        "wandb.init(project='p', config={'lr': 1}); wandb.config.setdefaults({'lr': 2, 'b': 3});"
        " assert wandb.config.as_dict() == {'lr': 1, 'b': 3}"
    ),
    "config.x = v": "r = wandb.init(project='p'); r.config.x = 4; assert wandb.config['x'] == 4",
    "log(dict)": "wandb.init(project='p'); wandb.log({'loss': 0.5})",
    "log counts steps": (
        "r = wandb.init(project='p'); r.log({'a': 1}); r.log({'a': 2}); assert r.step == 2"
    ),
    "log(step=)": "r = wandb.init(project='p'); r.log({'a': 1}, step=5); assert r.step == 5",
    "log(commit=False)": (
        "r = wandb.init(project='p'); r.log({'a': 1}, commit=False); assert r.step == 0;"
        " r.log({'b': 2}); assert r.step == 1"
    ),
    "log of an earlier step": (
        "r = wandb.init(project='p'); r.log({'a': 1}, step=9); r.log({'a': 1}, step=2)"
    ),
    "log of nested dicts": "wandb.init(project='p'); wandb.log({'a': {'b': 1}})",
    "log of numpy and torch scalars": (
        "import numpy as np; wandb.init(project='p');"
        " wandb.log({'a': np.float32(1), 'b': np.int64(2), 'c': np.ones(3)})"
    ),
    "log of NaN and infinity": (
        "wandb.init(project='p'); wandb.log({'a': float('nan'), 'b': float('inf')})"
    ),
    "log of a key that is no string is a TypeError": (
        "wandb.init(project='p')\n"
        "try: wandb.log({1: 2})\n"
        "except TypeError: pass\n"
        "else: raise AssertionError"
    ),
    "log before init says so": (
        "try: wandb.log({'a': 1})\nexcept Exception as error: assert 'init' in str(error)\n"
        "else: raise AssertionError"
    ),
    "run is None before init": "assert wandb.run is None",
    "run is the run after init": "r = wandb.init(project='p'); assert wandb.run is r",
    "run is None after finish": (
        "wandb.init(project='p'); wandb.finish(); assert wandb.run is None"
    ),
    "run.id, name, project, step, dir, notes, tags, group, job_type": (
        "r = wandb.init(project='p')\n"
        "for name in 'id name project step dir notes tags group job_type'.split():"
        " getattr(r, name)"
    ),
    "run.url, get_url(), entity, path, start_time, resumed, settings": (
        "r = wandb.init(project='p'); r.get_url()\n"
        "for name in 'url entity path start_time resumed settings offline'.split():"
        " getattr(r, name)"
    ),
    "run.name = x, run.tags += (t,), run.notes = n": (
        "r = wandb.init(project='p', tags=['a']); r.name = 'x'; r.tags += ('b',); r.notes = 'n';"
        " assert r.name == 'x' and 'b' in r.tags"
    ),
    "with init() as run": "with wandb.init(project='p') as run: run.log({'a': 1})",
    "with init(): an error passes through": (
        "try:\n    with wandb.init(project='p'): raise KeyError('x')\nexcept KeyError: pass"
    ),
    "finish()": "wandb.init(project='p'); wandb.finish()",
    "finish(exit_code=1)": "wandb.init(project='p'); wandb.finish(exit_code=1)",
    "log after finish is refused": (
        "r = wandb.init(project='p'); r.finish()\n"
        "try: r.log({'a': 1})\nexcept Exception: pass\nelse: raise AssertionError"
    ),
    "summary['x'] = v": (
        "r = wandb.init(project='p'); r.summary['x'] = 1; assert r.summary['x'] == 1"
    ),
    "wandb.summary holds the last value": (
        "wandb.init(project='p'); wandb.log({'a': 1}); wandb.log({'a': 2});"
        " assert wandb.summary['a'] == 2"
    ),
    "summary.update": "r = wandb.init(project='p'); r.summary.update({'best': 1})",
    "define_metric(step_metric)": (
        "wandb.init(project='p'); wandb.define_metric('epoch');"
        " wandb.define_metric('val/*', step_metric='epoch'); wandb.log({'val/a': 1, 'epoch': 0})"
    ),
    "define_metric(summary='max')": (
        "r = wandb.init(project='p'); r.define_metric('m', summary='max')\n"
        "for v in (1, 3, 2): r.log({'m': v})\n"
        "assert r.summary['m']['max'] == 3"
    ),
    "watch(model, log='all', log_freq)": (
        "import torch; wandb.init(project='p');"
        " wandb.watch(torch.nn.Linear(2, 2), log='all', log_freq=10); wandb.unwatch()"
    ),
    "watch of no module is a TypeError": (
        "wandb.init(project='p')\n"
        "try: wandb.watch('model')\nexcept TypeError: pass\nelse: raise AssertionError"
    ),
    "Histogram(values)": (
        "import numpy as np; wandb.init(project='p');"
        " wandb.log({'h': wandb.Histogram(np.random.randn(100))})"
    ),
    "Histogram(np_histogram=)": (
        "import numpy as np; wandb.init(project='p');"
        " wandb.log({'h': wandb.Histogram(np_histogram=np.histogram(np.random.randn(100)))})"
    ),
    "Image(array, caption=)": (
        "import numpy as np; wandb.init(project='p');"
        " wandb.log({'i': wandb.Image(np.zeros((8, 8, 3), np.uint8), caption='c')})"
    ),
    "a list of images": (
        "import numpy as np; wandb.init(project='p');"
        " wandb.log({'i': [wandb.Image(np.zeros((8, 8, 3), np.uint8)) for _ in range(3)]})"
    ),
    "Table(columns, data), add_data": (
        "wandb.init(project='p'); t = wandb.Table(columns=['a', 'b'], data=[[1, 2]]);"
        " t.add_data(3, 4); wandb.log({'t': t})"
    ),
    "Table(dataframe)": (
        "import pandas; wandb.init(project='p');"
        " wandb.log({'t': wandb.Table(dataframe=pandas.DataFrame({'a': [1]}))})"
    ),
    "a matplotlib figure": (
        "import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt;"
        " wandb.init(project='p'); f = plt.figure(); plt.plot([1, 2]); wandb.log({'f': f})"
    ),
    "plot.line_series": (
        "wandb.init(project='p');"
        " wandb.log({'l': wandb.plot.line_series(xs=[0, 1], ys=[[1, 2]], keys=['a'])})"
    ),
    "plot.confusion_matrix": (
        "wandb.init(project='p'); wandb.log({'c': wandb.plot.confusion_matrix("
        "y_true=[0, 1], preds=[0, 1], class_names=['a', 'b'])})"
    ),
    "alert(title, text, level)": (
        "wandb.init(project='p'); wandb.alert('t', 'x', level=wandb.AlertLevel.WARN)"
    ),
    "save(glob)": (
        "open('a.txt', 'w').write('x'); r = wandb.init(project='p'); wandb.save('a.txt')"
    ),
    "Artifact, add_file, log_artifact": (
        "open('a.txt', 'w').write('x'); r = wandb.init(project='p');"
        " a = wandb.Artifact('n', type='model'); a.add_file('a.txt'); r.log_artifact(a)"
    ),
    "Api().runs(path), order, filters": (
        "r = wandb.init(project='p', config={'lr': 1}); r.log({'a': 1}); r.finish();"
        " runs = wandb.Api().runs('me/p', filters={'config.lr': 1}, order='-created_at');"
        " assert len(runs) == 1"
    ),
    "Api().run(path).config, summary, state": (
        "r = wandb.init(project='p', config={'lr': 1}); r.log({'a': 1}); i = r.id; r.finish();"
        " s = wandb.Api().run('me/p/' + i); assert s.config['lr'] == 1 and s.summary['a'] == 1"
        " and s.state == 'finished'"
    ),
    "Api().run().history()": (
        "r = wandb.init(project='p'); r.log({'a': 1}); i = r.id; r.finish();"
        " assert len(wandb.Api().run('me/p/' + i).history()) == 1"
    ),
    "Api().run().scan_history(keys)": (
        "r = wandb.init(project='p'); r.log({'a': 1}); r.log({'b': 2}); i = r.id; r.finish();"
        " rows = list(wandb.Api().run('me/p/' + i).scan_history(keys=['a'])); assert len(rows) == 1"
    ),
    "login()": "wandb.login()",
    "Settings, WANDB_PROJECT, WANDB_NAME": (
        "import os; os.environ['WANDB_PROJECT'] = 'fromenv'; os.environ['WANDB_NAME'] = 'n';"
        " r = wandb.init(); assert r.project == 'fromenv' and r.name == 'n'"
    ),
    "WANDB_MODE=disabled": (
        "import os; os.environ['WANDB_MODE'] = 'disabled'; r = wandb.init(project='p');"
        " r.log({'a': 1}); assert r.disabled"
    ),
}
"""What is called → a script that must run to its end."""
ONLINE = frozenset(row for row in ROWS if row.startswith("Api()"))
"""Rows that W&B itself can only answer online."""

RUNNER = """
import importlib, json, os, sys, tempfile
rows = json.load(sys.stdin)
wandb = importlib.import_module(sys.argv[1])
code = rows[sys.argv[2]]
os.chdir(tempfile.mkdtemp())
exec(compile(code, "row", "exec"), {"wandb": wandb})
"""
SECONDS = 120.0


def passes(module: str, python: str, row: str) -> tuple[bool, str]:
    """Whether a row's script runs to its end, and the last line of what it said if not."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "BACKPROBE_"))},
            "BACKPROBE_DIR": os.path.join(folder, "runs"),
            "TRACKIO_DIR": os.path.join(folder, "trackio"),
            "WANDB_MODE": "offline",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "TMPDIR": folder,
        }
        if module != "wandb":
            del environment["WANDB_MODE"]
        try:
            done = subprocess.run(
                [python, "-c", RUNNER, module, row],
                input=json.dumps(dict(ROWS)),
                capture_output=True,
                text=True,
                env=environment,
                cwd=folder,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False, "does not end"
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return done.returncode == 0, "" if done.returncode == 0 else last[:90]


def main() -> int:
    """Prints a table of rows and the count of those that pass; 1 where ours does not have all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--with", dest="others", action="append", default=[], metavar="NAME=PYTHON")
    arguments = parser.parse_args()
    modules = {"backprobe": sys.executable}
    modules.update(pair.split("=", 1) for pair in arguments.others)
    counts = dict.fromkeys(modules, 0)
    print(f"{'row':66s}" + "".join(f"{name:>11s}" for name in modules))
    for row in ROWS:
        cells, why = [], []
        for module, python in modules.items():
            if module == "wandb" and row in ONLINE:
                cells.append("online")
                continue
            good, reason = passes(module, python, row)
            counts[module] += good
            cells.append("yes" if good else "no")
            why += [f"    {module}: {reason}"] if reason else []
        print(f"{row:66s}" + "".join(f"{cell:>11s}" for cell in cells))
        for line in why:
            print(line)
    print(f"{'pass':66s}" + "".join(f"{counts[name]:>8d}/{len(ROWS)}" for name in modules))
    return 0 if counts["backprobe"] == len(ROWS) else 1


if __name__ == "__main__":
    sys.exit(main())
