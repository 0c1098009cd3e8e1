"""Where the files of a lake are: in a directory, or in a bucket of an object store."""
