"""Reading an image without running it: from an OCI layout, a `docker save`, a local store, or ECR -> images/NAME.json."""
