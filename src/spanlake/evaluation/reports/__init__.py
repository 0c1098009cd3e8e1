"""Reports of comparisons and gates for CI: values in, text out."""
