# SPDX-License-Identifier: Apache-2.0
"""Transformers: `report_to="backprobe"`, the callback, and `Trainer` under `backprobe run`."""

from __future__ import annotations

from tests.integrations.conftest import UNDER_RUN, Trained, main_rules

SCRIPT = """
import os, warnings
warnings.simplefilter("ignore")
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
{imports}
torch.manual_seed(0)
config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=64, max_position_embeddings=16, num_labels=3)
model = BertForSequenceClassification(config)
rows = []
for n in range(96):
    words = torch.randint(0, 50, (8,))
    rows.append(dict(input_ids=words, labels=(words[0] % 3).clone()))
arguments = TrainingArguments(
    output_dir="out", max_steps=30, per_device_train_batch_size=8, learning_rate=30.0,
    report_to={report}, save_strategy="no", use_cpu=True, disable_tqdm=True, logging_steps=5,
    eval_strategy="steps", eval_steps=10, run_name="bert",
)
trainer = Trainer(model=model, args=arguments, train_dataset=rows, eval_dataset=rows[:8]{more})
trainer.train()
trainer.evaluate()
"""

REPORT = SCRIPT.format(
    imports="import backprobe.integrations.transformers", report='"backprobe"', more=""
)
CALLBACK = SCRIPT.format(
    imports="from backprobe.integrations.transformers import BackprobeCallback",
    report="[]",
    more=', callbacks=[BackprobeCallback(project="words")]',
)
PLAIN = SCRIPT.format(imports="", report="[]", more="")


def test_report_to(trained: Trained) -> None:
    """The name in `report_to` is enough once the module is imported."""
    record, findings = trained(REPORT)
    assert record.run.name == "bert"
    assert record.run.config["learning_rate"] == 30.0
    assert record.run.config["hidden_size"] == 32
    assert record.run.config["model/num_parameters"] > 1000
    steps, _ = record.history["train/loss"]
    assert steps.tolist() == [5, 10, 15, 20, 25, 30]
    assert record.history["eval/loss"][0].tolist() == [10, 20, 30]
    assert "train_runtime" in record.run.summary
    assert len(record.steps) == 30
    assert "learning-rate-too-high" in {one.rule for one in findings}


def test_callback_and_plain_run_find_the_same(trained: Trained) -> None:
    """The callback under `python`, and nothing under `backprobe run`: one diagnosis."""
    record, findings = trained(CALLBACK)
    assert record.run.project == "words"
    _, alone = trained(PLAIN, *UNDER_RUN)
    assert main_rules(findings) == main_rules(alone) != set()
