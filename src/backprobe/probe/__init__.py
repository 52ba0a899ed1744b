# SPDX-License-Identifier: Apache-2.0
"""What attaches to the live process: it reads, and never alters a number, the RNG or the model."""
