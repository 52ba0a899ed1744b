# SPDX-License-Identifier: Apache-2.0
"""One derived quantity per file: its meaning, unit, normal range and the source of that range.

All of it is numpy over a `Record`; nothing here needs torch, a clock or a file.
"""
