"""The pages: what the lake holds, for a browser; rendered here, with no data in scripts."""
