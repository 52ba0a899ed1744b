# SPDX-License-Identifier: Apache-2.0
"""What users' scripts and integrations really call, run by plain `python` with one import changed.

Each is taken from the loops that the surface was gathered from: hand-written ones, and the calls
that the callbacks of Transformers and Lightning make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprobe.face.api import Api

if TYPE_CHECKING:
    from tests.face.conftest import Script


def test_the_first_page_of_the_manual(script: Script) -> None:
    """Random accuracy and loss in a `with` block."""
    script(
        """
        import random
        import backprobe as wandb

        with wandb.init(
            project="my-awesome-project",
            config={"learning_rate": 0.02, "architecture": "CNN", "epochs": 10},
        ) as run:
            epochs = 10
            offset = random.random() / 5
            for epoch in range(2, epochs):
                acc = 1 - 2**-epoch - random.random() / epoch - offset
                loss = 2**-epoch + random.random() / epoch + offset
                run.log({"acc": acc, "loss": loss})
        """
    )
    run = Api().runs("my-awesome-project")[0]
    assert len(list(run.scan_history(keys=["acc", "loss"]))) == 8
    assert run.config["architecture"] == "CNN"


def test_an_argparse_script(script: Script) -> None:
    """A namespace as config, read back through `wandb.config`, which changes the arguments."""
    script(
        """
        import argparse
        import backprobe as wandb

        parser = argparse.ArgumentParser()
        parser.add_argument("-b", "--batch-size", type=int, default=8, metavar="N")
        parser.add_argument("--lr", type=float, default=0.01)
        args = parser.parse_args()
        wandb.init(project="cls", entity="team", config=args, save_code=True, reinit=True,
                   job_type="train", dir=".", tags=["baseline"],
                   settings=wandb.Settings(start_method="fork"))
        wandb.config.update({"dataset": "digits"})
        wandb.config.update(args, allow_val_change=True)
        config = wandb.config
        assert config.batch_size == 64 and config["lr"] == 0.01 and vars(args)["lr"] == config.lr
        print(f"run {wandb.run.name} {wandb.run.id} at {wandb.run.get_url()} in {wandb.run.dir}")
        """,
        "--batch-size",
        "64",
    )
    run = Api().run()
    assert run.config == {"batch_size": 64, "lr": 0.01, "dataset": "digits"}
    assert (run.tags, run.job_type, run.project) == (["baseline"], "train", "cls")


def test_a_language_model_loop(script: Script) -> None:
    """Periodic evaluation with `iter` as a metric, rows that differ in their keys."""
    script(
        """
        import backprobe
        wandb_log, wandb_project, wandb_run_name = True, "owt", "gpt2"
        config = {"n_layer": 12, "learning_rate": 6e-4, "device": "cuda"}
        if wandb_log:
            import backprobe as wandb
            wandb.init(project=wandb_project, name=wandb_run_name, config=config)
        for iter_num in range(0, 50):
            if iter_num % 10 == 0:
                losses = {"train": 3 / (iter_num + 1), "val": 4 / (iter_num + 1)}
                wandb.log({
                    "iter": iter_num,
                    "train/loss": losses["train"],
                    "val/loss": losses["val"],
                    "lr": 6e-4,
                    "mfu": -1.0 * 100,
                })
        """
    )
    rows = list(Api().run("gpt2").scan_history(keys=["iter", "val/loss"]))
    assert [row["iter"] for row in rows] == [0, 10, 20, 30, 40]


def test_train_and_validation_with_one_commit(script: Script) -> None:
    """`commit=False` and `step=` in turn: everything of an epoch is one row."""
    script(
        """
        import backprobe as wandb
        run = wandb.init()
        best = 0
        wandb.define_metric("val/acc", summary="max")
        for epoch in range(3):
            for batch in range(4):
                wandb.log({"train/loss": 1 / (epoch * 4 + batch + 1)}, step=epoch)
            wandb.log({"val/acc": [0.5, 0.9, 0.7][epoch]}, step=epoch)
            wandb.log({"epoch": epoch}, step=epoch, commit=False)
            if run.summary["val/acc"]["max"] > best:
                best = run.summary["val/acc"]["max"]
                run.summary["best_epoch"] = epoch
        wandb.run.summary.update({"final": True})
        """
    )
    run = Api().run()
    assert [row["epoch"] for row in run.scan_history(keys=["epoch", "val/acc", "train/loss"])] == [
        0,
        1,
        2,
    ]
    assert run.summary["val/acc"] == {"max": 0.9}
    assert (run.summary["best_epoch"], run.summary["final"]) == (1, True)


def test_media_of_a_vision_loop(script: Script) -> None:
    """Examples, a confusion table, weight histograms, a nested dict and a figure-like value."""
    script(
        """
        import numpy as np
        import backprobe as wandb
        wandb.init(project="vision")
        images = np.random.rand(4, 28, 28)
        wandb.log({
            "examples": [wandb.Image(image, caption=f"{n}") for n, image in enumerate(images)],
            "weights/conv1": wandb.Histogram(np.random.randn(1000)),
            "grads": wandb.Histogram(np_histogram=np.histogram(np.random.randn(100))),
            "loss": {"cls": np.float32(0.5), "box": 1},
        })
        table = wandb.Table(columns=["id", "image", "guess", "truth"])
        for n, image in enumerate(images):
            table.add_data(n, wandb.Image(image), int(n), 3)
        wandb.log({"predictions": table, "epoch": 1}, commit=False)
        wandb.log({"epoch": 1})
        """
    )
    run = Api().run()
    first, second = list(run.scan_history())
    assert (first["loss.cls"], first["loss.box"]) == (0.5, 1)
    assert first["examples"]["count"] == 4
    assert second["predictions"]["nrows"] == 4
    names = {file.name for file in run.files()}
    assert {*first["examples"]["filenames"], second["predictions"]["path"]} <= names


def test_what_the_transformers_callback_calls(script: Script) -> None:
    """Its set-up, its step metric, its rewritten keys, its model card and its end."""
    script(
        """
        import backprobe as wandb
        import torch

        model = torch.nn.Linear(4, 2)
        logging_steps = 10
        if wandb.run is None:
            wandb.init(project="huggingface", name="./results", group=None, job_type=None)
        wandb.config.update({"model_type": "bert", "num_labels": 2}, allow_val_change=True)
        if getattr(wandb, "define_metric", None):
            wandb.define_metric("train/global_step")
            wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
        wandb.watch(model, log="gradients", log_freq=max(100, logging_steps))
        wandb.run._label(code="transformers_trainer")
        wandb.config["model/num_parameters"] = sum(p.numel() for p in model.parameters())
        for step in range(10, 40, 10):
            optimizer = torch.optim.AdamW(model.parameters())
            model(torch.ones(8, 4)).pow(2).mean().backward()
            optimizer.step()
            wandb.log({"train/loss": 1.0 / step, "train/global_step": step})
        wandb.log({"eval/loss": 0.5})
        wandb.run.summary["train/total_flos"] = 1e9
        artifact = wandb.Artifact(name=f"model-{wandb.run.id}", type="model",
                                  metadata={"final_model": True})
        with artifact.new_file("model_architecture.txt", mode="w+") as f:
            f.write(str(model))
        wandb.run.log_artifact(artifact, aliases=["initial_model"])
        wandb.run.finish()
        """
    )
    run = Api().run("./results")
    assert run.config["model/num_parameters"] == 10
    rows = list(run.scan_history(keys=["eval/loss", "train/global_step"]))
    assert rows == [{"eval/loss": 0.5, "train/global_step": 30}]
    assert run.summary["train/total_flos"] == 1e9


def test_what_the_lightning_logger_calls(script: Script) -> None:
    """`resume="allow"` with an id, metrics over the trainer's step, hyper-parameters, media."""
    script(
        """
        import backprobe as wandb
        import torch

        settings = dict(name="exp", project="lightning_logs", dir="logs", id="v0",
                        resume="allow", anonymous=None)
        if wandb.run is None:
            experiment = wandb.init(**settings)
        if getattr(experiment, "define_metric", None):
            experiment.define_metric("trainer/global_step")
            experiment.define_metric("*", step_metric="trainer/global_step", step_sync=True)
        experiment.config.update({"lr": 0.1, "net": {"depth": 2}}, allow_val_change=True)
        experiment.watch(torch.nn.Linear(2, 2), log="gradients", log_freq=100, log_graph=True)
        for step in range(4):
            experiment.log({"train_loss": torch.tensor(0.5), "epoch": 0,
                            "trainer/global_step": step})
        experiment.log({"samples": [wandb.Image(torch.rand(3, 8, 8)) for _ in range(2)]})
        assert isinstance(experiment, wandb.Run)
        experiment.finish()
        """
    )
    run = Api().run("v0")
    assert run.config["net"] == {"depth": 2}
    assert len(list(run.scan_history(keys=["train_loss", "trainer/global_step"]))) == 4
    assert next(run.scan_history(keys=["samples"]))["samples"]["count"] == 2


def test_a_reinforcement_learning_script(script: Script) -> None:
    """Arguments as config, integrations that are not ours, one row an episode."""
    script(
        """
        import backprobe as wandb
        args = dict(env_id="CartPole-v1", seed=1, learning_rate=2.5e-4)
        wandb.init(project="cleanRL", entity=None, sync_tensorboard=True, config=args,
                   name="CartPole-v1__ppo__1", monitor_gym=True, save_code=True)
        for step in range(0, 300, 100):
            wandb.log({"charts/episodic_return": step / 10, "global_step": step})
        wandb.save("*.py")
        """
    )
    run = Api().run("CartPole-v1__ppo__1")
    assert [row["global_step"] for row in run.scan_history(keys=["global_step"])] == [0, 100, 200]
    assert "files/train.py" in [file.name for file in run.files()]


def test_a_grid_of_runs_read_back_and_compared(script: Script) -> None:
    """Several runs in one script, then `Api` picks the best."""
    done = script(
        """
        import backprobe as wandb
        for lr in (0.1, 0.01, 0.001):
            run = wandb.init(project="grid", group="lr", config={"lr": lr}, reinit=True)
            for n in range(20):
                run.log({"loss": abs(lr - 0.01) + 1 / (n + 1)})
            run.finish()
        api = wandb.Api()
        runs = api.runs("me/grid", filters={"group": "lr", "state": "finished"},
                        order="+summary_metrics.loss")
        best = runs[0]
        print(best.config["lr"], len(runs), best.summary.get("loss") < 0.06)
        print([round(row["loss"], 2) for row in best.scan_history(keys=["loss"])][:2])
        """,
        BACKPROBE_SILENT="1",
    )
    assert done.stdout == "0.01 3 True\n[1.0, 0.5]\n"


def test_warnings_as_errors(script: Script) -> None:
    """A script run with `python -W error` still runs."""
    script(
        """
        import warnings
        warnings.simplefilter("error")
        import backprobe as wandb
        import numpy as np
        with wandb.init(config={"a": 1}) as run:
            run.log({"a": np.float32("nan"), "h": wandb.Histogram([1.0, float("nan")])})
        """,
        PYTHONWARNINGS="error",
    )
