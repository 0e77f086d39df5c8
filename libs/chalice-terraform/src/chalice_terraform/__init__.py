"""From a Chalice app to a Terraform module: `chalice package`, and the step that adapts what it writes."""
