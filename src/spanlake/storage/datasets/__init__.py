"""Records of datasets from files, data frames and traces."""
