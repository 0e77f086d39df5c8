# A root module for the app in greeter/: roles, logs, a queue and an HTTP API as the front door.
#
#   chalice-terraform build greeter
#   terraform init && terraform apply

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.0" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "name_prefix" {
  type        = string
  description = "Begins every name: another one for each environment of an account."
  default     = "greeter-dev"
}

locals {
  # Seconds, and the largest share of the account's concurrency (-1: no limit).
  functions = {
    api_handler = { timeout = 30, concurrency = -1, policy = "AWSLambdaBasicExecutionRole" }
    deliver     = { timeout = 60, concurrency = -1, policy = "AWSLambdaSQSQueueExecutionRole" }
    tick        = { timeout = 60, concurrency = 1, policy = "AWSLambdaBasicExecutionRole" }
  }
}

module "greeter" {
  source      = "./build/greeter"
  name_prefix = var.name_prefix
  city        = "Madrid"
  queues      = { greetings = { arn = aws_sqs_queue.greetings.arn, maximum_concurrency = 2 } }

  functions = {
    for name, function in local.functions : name => {
      name                 = "${var.name_prefix}-${name}"
      role_arn             = aws_iam_role.function[name].arn
      log_group            = aws_cloudwatch_log_group.function[name].name
      memory_size          = 256
      timeout              = function.timeout
      reserved_concurrency = function.concurrency
      snapstart            = false
    }
  }
}

resource "aws_sqs_queue" "greetings" {
  name                       = "${var.name_prefix}-greetings"
  visibility_timeout_seconds = 6 * local.functions.deliver.timeout
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/${var.name_prefix}-${each.key}"
  retention_in_days = 30
}

resource "aws_iam_role" "function" {
  for_each = local.functions
  name     = "${var.name_prefix}-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

# AWS's own policies, for a start: they allow every log group and queue.
resource "aws_iam_role_policy_attachment" "function" {
  for_each   = local.functions
  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value.policy}"
}

# With chalice-frontdoor, an HTTP API sends every request to the app; see also its doors "alb" and "function_url".
resource "aws_apigatewayv2_api" "main" {
  name          = var.name_prefix
  protocol_type = "HTTP"
  target        = module.greeter.functions["api_handler"].arn
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = module.greeter.functions["api_handler"].name
  qualifier     = module.greeter.functions["api_handler"].qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.main.execution_arn}/*"
}

output "url" {
  value = aws_apigatewayv2_api.main.api_endpoint
}
