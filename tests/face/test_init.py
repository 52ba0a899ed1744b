# SPDX-License-Identifier: Apache-2.0
"""`init`, `finish` and what lies between, as plain `python` runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backprobe.face.api import Api
from backprobe.store import catalog
from backprobe.store.reader import RunReader

if TYPE_CHECKING:
    from tests.face.conftest import Script


def test_a_whole_run(script: Script) -> None:
    """Everything that was said of it is in the store; what is said goes to standard error."""
    done = script(
        """
        import backprobe as wandb
        assert wandb.run is None
        run = wandb.init(project="p", name="n", notes="why", tags=["a"], group="g",
                         job_type="train", config={"lr": 0.1}, id="my-run")
        assert wandb.run is run and run.id == "my-run" and run.project == "p"
        assert (run.group, run.job_type, run.tags, run.notes) == ("g", "train", ("a",), "why")
        assert (run.url, run.offline, run.disabled, run.resumed) == (None, True, False, False)
        assert wandb.config.lr == 0.1
        wandb.config.depth = 3
        for n in range(5):
            wandb.log({"loss": 5 - n})
        assert run.step == 5
        run.name = "renamed"
        run.tags += ("b",)
        wandb.summary["best"] = 1
        print("output of the script")
        wandb.finish()
        assert wandb.run is None
        assert run.summary["loss"] == 1
        """
    )
    assert done.stdout == "output of the script\n"
    assert "Run history:\n  loss █▆▅▃▁\n" in done.stderr
    run = Api().run("my-run")
    assert (run.name, run.tags, run.state, run.group) == ("renamed", ["a", "b"], "finished", "g")
    assert (run.config, run.summary["best"], run.summary["loss"]) == ({"lr": 0.1, "depth": 3}, 1, 1)
    assert [row["loss"] for row in run.scan_history(keys=["loss"])] == [5, 4, 3, 2, 1]


def test_a_second_init_returns_the_same_run(script: Script) -> None:
    """`reinit` chooses otherwise."""
    script(
        """
        import backprobe as wandb
        first = wandb.init(config={"a": 1})
        assert wandb.init(config={"b": 2}) is first and wandb.config.b == 2
        assert wandb.init(reinit=False) is first
        beside = wandb.init(reinit="create_new", name="beside")
        assert beside is not first and wandb.run is first
        beside.log({"x": 1})
        wandb.log({"y": 1})
        second = wandb.init(reinit=True, name="second")
        assert second is not first and wandb.run is second
        second.log({"z": 1})
        """
    )
    kept = {run.name: next(iter(run.scan_history())) for run in Api().runs()}
    assert len(kept) == 3
    assert kept["beside"]["x"] == 1
    assert kept["second"]["z"] == 1
    assert {run.state for run in Api().runs()} == {"finished"}


def test_several_runs_one_after_another(script: Script) -> None:
    """`finish` and `init` again is a new run with a counter, config and summary of its own."""
    script(
        """
        import backprobe as wandb
        for lr in (0.1, 0.2):
            with wandb.init(name=f"lr{lr}", config={"lr": lr}) as run:
                assert run.step == 0 and len(run.summary) == 0
                wandb.log({"loss": lr})
            assert wandb.run is None
        """
    )
    found = {run.name: (run.config["lr"], run.summary["loss"]) for run in Api().runs()}
    assert found == {"lr0.1": (0.1, 0.1), "lr0.2": (0.2, 0.2)}


def test_before_init_everything_says_so(script: Script) -> None:
    """With the call that is missing."""
    script(
        """
        import backprobe as wandb

        def refused(action):
            try:
                action()
            except wandb.Error as error:
                return str(error)

        assert refused(lambda: wandb.log({})) == \\
            "You must call backprobe.init() before backprobe.log()"
        assert refused(lambda: wandb.config.lr) == \\
            "You must call backprobe.init() before backprobe.config.lr"
        assert refused(lambda: wandb.config["lr"]).endswith("before backprobe.config['lr']")
        assert refused(lambda: setattr(wandb.config, "lr", 1)).endswith("config.lr")
        assert refused(lambda: wandb.summary.update({})).endswith("before backprobe.summary.update")
        assert refused(lambda: wandb.define_metric("a")).endswith("backprobe.define_metric()")
        assert refused(lambda: wandb.alert("a", "b")).endswith("backprobe.alert()")
        assert refused(lambda: wandb.save("a")).endswith("backprobe.save()")
        assert wandb.run is None
        wandb.finish()
        """
    )


def test_disabled_does_nothing_but_reads_back(script: Script, store_directory: Path) -> None:
    """Neither a folder nor a line is left."""
    body = """
        import sys
        import backprobe as wandb
        run = wandb.init({arguments}config={{"lr": 0.1}}, project="p")
        assert wandb.run is run and run.disabled
        run.log({{"a": 1, "n": {{"b": 2}}}}, step=3)
        run.log({{"a": 5, "pic": wandb.Image([[1]] and __import__("numpy").zeros((2, 2)))}})
        assert wandb.summary["a"] == 5 and wandb.summary["n"]["b"] == 2 and run.step == 4
        assert wandb.config.lr == 0.1 and run.project == "p" and run.name and run.id
        wandb.define_metric("a", summary="max")
        wandb.save("*.py")
        wandb.log_artifact(wandb.Artifact("x"))
        run.config.update({{"new": 1}})
        wandb.summary["mine"] = 2
        run.finish()
        assert wandb.run is None
        """
    done = script(body.format(arguments='mode="disabled", '))
    assert done.stderr == ""
    for name in ("WANDB_MODE", "BACKPROBE_MODE"):
        assert script(body.format(arguments=""), **{name: "disabled"}).stderr == ""
    assert not store_directory.exists()


def test_every_argument_of_wandb_is_taken(script: Script) -> None:
    """What has no effect is recorded and named once, in one line."""
    done = script(
        """
        import backprobe as wandb
        run = wandb.init(entity="me", dir="/tmp/x", force=True, save_code=True, tensorboard=True,
                         sync_tensorboard=True, monitor_gym=True, anonymous="allow",
                         resume_from="x?_step=1", fork_from="x?_step=1", magic=True,
                         allow_val_change=True, config_include_keys=["a"], mode="shared",
                         config={"a": 1, "b": 2},
                         settings=wandb.Settings(start_method="thread", console="off"))
        assert run.config.as_dict() == {"a": 1}
        assert run.entity == "me" and run.settings.console == "off"
        """
    )
    line = next(line for line in done.stderr.splitlines() if "without effect" in line)
    assert "init(entity=, dir=, force=," in line
    assert "runs are kept in" in line
    reader = RunReader(catalog.find(catalog.store_directory()))
    reader.refresh()
    (event,) = reader.record().named("no-effect")
    assert event.data["fork_from"] == "'x?_step=1'"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("wandb.init(mode='loud')", "init(mode='loud'): expected one of 'online', 'offline'"),
        ("wandb.init(id='a/b')", "init(id='a/b'): an id names a folder"),
        ("wandb.init(resume='must')", "init(resume='must') needs the id"),
        ("wandb.init(id='x', resume='must')", "there is no such run in"),
        ("wandb.sweep({})", "sweep() expects {'method': 'grid'"),
    ],
)
def test_what_can_not_be_meant_is_a_usage_error(script: Script, call: str, message: str) -> None:
    """With what was given, what is expected, and what to do."""
    done = script(f"import backprobe as wandb\n{call}\n", code=1)
    assert message in done.stderr.splitlines()[-1]
    assert "UsageError" in done.stderr.splitlines()[-1]


def test_an_id_that_exists_is_not_written_over(script: Script) -> None:
    """The new run gets a number behind it, and the user is told how to go on with the first."""
    body = "import backprobe as wandb\nwandb.init(id='same')\nwandb.log({'a': 1})\n"
    script(body)
    done = script(body)
    assert "run same exists already; this one is same-2 (resume='allow'" in done.stderr
    assert sorted(run.id for run in Api().runs()) == ["same", "same-2"]


def test_going_on_with_a_run(script: Script) -> None:
    """Step, config, summary and definitions are as they were left."""
    script(
        """
        import sys
        import backprobe as wandb
        run = wandb.init(id="long", resume="allow", config={"lr": 0.1, "epochs": 5})
        assert not run.resumed
        wandb.define_metric("acc", summary="max")
        for n in range(3):
            wandb.log({"acc": n, "n": n})
        wandb.summary["mine"] = 7
        sys.exit(1)
        """,
        code=1,
    )
    assert Api().run("long").state == "failed"
    script(
        """
        import backprobe as wandb
        run = wandb.init(id="long", resume="must", config={"epochs": 9})
        assert run.resumed and run.step == run.starting_step == 3
        assert run.config.as_dict() == {"lr": 0.1, "epochs": 9}
        assert run.summary["mine"] == 7 and run.summary["acc"]["max"] == 2
        wandb.log({"acc": 1, "n": 3})
        assert run.summary["acc"]["max"] == 2
        """
    )
    run = Api().run("long")
    assert run.state == "finished"
    assert [(row["_step"], row["n"]) for row in run.scan_history(keys=["_step", "n"])] == [
        (n, n) for n in range(4)
    ]
    done = script("import backprobe as wandb\nwandb.init(id='long', resume='never')\n", code=1)
    assert "that run exists already" in done.stderr


def test_resume_auto_goes_on_where_the_script_broke_off(script: Script) -> None:
    """A run that came to its end is not continued."""
    body = """
        import sys
        import backprobe as wandb
        run = wandb.init(resume=True)
        wandb.log({"n": 1})
        print(run.id, run.step)
        sys.exit(int(sys.argv[1]))
        """
    first = script(body, "1", code=1).stdout.split()
    second = script(body, "0").stdout.split()
    third = script(body, "0").stdout.split()
    assert (first[1], second, third[1]) == ("1", [first[0], "2"], "1")
    assert third[0] != first[0]


def test_a_project_that_nobody_named(script: Script, tmp_path: Path) -> None:
    """The script's name; the repository's where it is in one."""
    body = "import backprobe as wandb\nprint(wandb.init().project)\n"
    assert script(body).stdout == "train\n"
    (tmp_path / "work" / ".git").mkdir()
    assert script(body).stdout == "work\n"
    assert script(body, WANDB_PROJECT="theirs").stdout == "theirs\n"


def test_a_config_file_and_defaults(script: Script, tmp_path: Path) -> None:
    """`config-defaults.yaml` of the working directory is read, and overruled."""
    pytest.importorskip("yaml")
    work = tmp_path / "work"
    work.mkdir()
    (work / "config-defaults.yaml").write_text("lr:\n  value: 1\ndepth:\n  value: 2\n")
    (work / "mine.yaml").write_text("lr: 5\n")
    body = "import backprobe as wandb\nprint(wandb.init(config='mine.yaml').config)\n"
    assert script(body).stdout == "{'lr': 5, 'depth': 2}\n"


def test_a_launchers_run_is_joined(script: Script, store_directory: Path) -> None:
    """Under a launcher, init joins its run; a name from the command line stays."""
    made = catalog.create(store_directory, name="from the launcher")
    script(
        """
        import backprobe as wandb
        with wandb.init(name="mine", project="p", tags=["t"], config={"lr": 1}, id="x") as run:
            wandb.log({"a": 1})
            print(run.id)
        with wandb.init() as run:
            wandb.log({"a": 2})
        """,
        BACKPROBE_RUN=made.path,
    )
    assert len(catalog.runs(store_directory)) == 1
    run = Api().run(made.id)
    assert (run.name, run.project, run.tags) == ("from the launcher", "p", ["t"])
    assert run.config == {"lr": 1}
    assert run.state == "running"  # the launcher closes it
    assert [row["a"] for row in run.scan_history(keys=["a"])] == [1, 2]
    assert json.loads((Path(made.path) / "run.json").read_text())["state"] == "running"


def test_alerts_files_and_artifacts(script: Script) -> None:
    """An alert is told once and recorded; files and artifacts are in the run's folder."""
    done = script(
        """
        import backprobe as wandb
        from datetime import timedelta
        run = wandb.init(name="one")
        open("model.pt", "w").write("weights")
        run.alert(title="Low", text="acc is low", level=wandb.AlertLevel.WARN,
                  wait_duration=timedelta(minutes=5))
        run.alert("Low", "again")
        wandb.save("model.pt")
        artifact = wandb.Artifact("net", type="model", metadata={"acc": 0.5})
        artifact.add_file("model.pt")
        wandb.log_artifact(artifact, aliases=["best"])
        assert open(run.use_artifact("net:best").file()).read() == "weights"
        run.log_model("model.pt", name="other")
        run.log_code(".")
        run.mark_preempting()
        assert wandb.login() is True
        """
    )
    assert done.stderr.count("warn: Low: acc is low") == 1
    run = Api().run("one")
    assert {"files/model.pt", "artifacts/net/v0/files/model.pt"} <= {f.name for f in run.files()}
    assert Api().artifact("other").type == "model"
    reader = RunReader(catalog.find(catalog.store_directory()))
    reader.refresh()
    (alert,) = reader.record().named("alert")
    assert alert.data == {"title": "Low", "text": "acc is low", "level": "WARN"}
