import os
import warnings

warnings.filterwarnings("ignore")
import logging

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed
from transformers.utils import logging as hf_logging

hf_logging.set_verbosity_error()
hf_logging.disable_progress_bar()
logging.disable(logging.WARNING)

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)
rng = np.random.default_rng(SEED)

VOCAB = ["[PAD]", "[CLS]", "the", "film", "plot", "cast", "was", "is", "and", "a", "very", "quite",
         "good", "superb", "moving", "fine", "bad", "dull", "awful", "weak"]
GOOD, BAD, FILL = range(12, 16), range(16, 20), range(2, 12)


def review():
    label = int(rng.integers(2))
    main, other = (GOOD, BAD) if label else (BAD, GOOD)
    ids = [*rng.choice(list(main), 3), *rng.choice(list(other), 1), *rng.choice(list(FILL), rng.integers(5, 11))]
    rng.shuffle(ids)
    ids = [1, *map(int, ids)]
    pad = 16 - len(ids)
    return {"input_ids": ids + [0] * pad, "attention_mask": [1] * len(ids) + [0] * pad, "labels": label}


train_dataset = [review() for _ in range(1200)]
eval_dataset = [review() for _ in range(400)]

config = BertConfig(vocab_size=len(VOCAB), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=64, max_position_embeddings=16, num_labels=2,
                    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
model = BertForSequenceClassification(config)

args = TrainingArguments(
    output_dir="out",
    num_train_epochs=4,
    per_device_train_batch_size=16,
    per_device_eval_batch_size=100,
    learning_rate=2e-5,
    weight_decay=0.01,
    warmup_steps=30,
    save_strategy="no",
    logging_steps=75,
    report_to=[],
    disable_tqdm=True,
    use_cpu=True,
    seed=SEED,
)


def compute_metrics(p):
    return {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())}


trainer = Trainer(model=model, args=args, train_dataset=train_dataset, eval_dataset=eval_dataset,
                  compute_metrics=compute_metrics)
trainer.train()
result = trainer.evaluate()
print("FINAL accuracy=%.4f" % result["eval_accuracy"])
