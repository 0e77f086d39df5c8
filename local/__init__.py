"""The whole system on one machine, with neither an AWS account nor Docker: `make run`."""
