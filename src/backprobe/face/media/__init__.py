# SPDX-License-Identifier: Apache-2.0
"""What `log` takes besides numbers and text: histograms, images, tables, figures, files."""
