# SPDX-License-Identifier: Apache-2.0
"""What is taken for a secret, and what is not."""

from __future__ import annotations

import pytest

from backprobe.store import redact


@pytest.mark.parametrize(
    "text",
    [
        "using ghp_{} for the upload",
        "key sk-proj-{}",
        "export HF_TOKEN=hf_{}",
        "password: {}",
        'api_key = "{}"',
        "aws_secret_access_key={}",
        "https://ada:{}@example.org/data",
        "Authorization: Bearer {}",
        "client.login(password='{}')",
        "+WANDB_API_KEY={}",
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    """Tokens of known issuers, and values whose name says that they are secret."""
    secret = "a1B2c3D4e5F6g7H8i9J0k1L2m3"
    cleaned = redact.text(text.format(secret))
    assert secret not in cleaned
    assert redact.HIDDEN in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "step 100 loss 0.5312 tokens/s 123456",
        "token: 0.5312",
        "tokens=1234567 lr=0.001",
        "tokenizer: BertTokenizerFast",
        "pad_token_id=50256",
        "epoch 3: accuracy 97.1 %, keys 12",
        "https://example.org/data?page=2",
        "monkey=banana1234",
    ],
)
def test_what_a_training_prints_stays(text: str) -> None:
    """Measurements and the words of the trade are left as they are."""
    assert redact.text(text) == text


def test_a_command_line_keeps_all_but_the_secrets() -> None:
    """The word after a secret's flag is hidden, also behind `=`; other arguments stay."""
    given = ["train.py", "--api-key", "k", "--lr", "0.1", "--hf-token=t", "--tokenizer", "bert"]
    hidden = redact.HIDDEN
    kept = ["train.py", "--api-key", hidden, "--lr", "0.1", f"--hf-token={hidden}", "--tokenizer"]
    assert redact.arguments(given) == [*kept, "bert"]
    assert redact.arguments(["--password", "--lr", "1"]) == ["--password", "--lr", "1"]


def test_a_programs_text_keeps_its_code() -> None:
    """In source only quoted values are hidden: a call that makes a token is no secret."""
    text = "self.token = tokenizer.encode(x)\npassword = 'hunter2222'\n"
    assert redact.source(text) == (
        f"self.token = tokenizer.encode(x)\npassword = {redact.HIDDEN}\n"
    )


def test_variables_are_hidden_by_name() -> None:
    """A variable whose name says so is hidden, whatever its value looks like."""
    assert redact.variables({"MY_API_KEY": "1", "DB_PASSWORD": "x", "RANK": "0"}) == {
        "MY_API_KEY": redact.HIDDEN,
        "DB_PASSWORD": redact.HIDDEN,
        "RANK": "0",
    }
