# Only for the AWS emulator: tests/e2e/project.py puts this folder's files beside a copy of the root module.

variable "emulator_endpoint" {
  description = "The emulator's address, such as http://127.0.0.1:4566."
  type        = string
}
