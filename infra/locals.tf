locals {
  # Begins every name. The environment is always part of it: two environments never collide.
  name = "${var.project_name}-${var.environment}"
  # For what is global to an account, so that one environment can be in two regions.
  global_name = "${local.name}-${var.aws_region}"

  tags = merge(
    {
      Project     = var.project_name
      Environment = var.environment
      ManagedBy   = "terraform"
    },
    var.tags,
  )

  deletion_protection = coalesce(var.deletion_protection, var.environment == "production")

  # Size (MB) and time-out (seconds) of each function.
  #
  # Time-outs nest, so that an inner limit fires first and the client gets our answer and never a page of AWS:
  #   load balancer 60 > bff 28 > its client 25 > HTTP API 24 > crud, email 22 > database 10
  # No person waits for the others: the sweep ends before the next minute's, the consumer bounds the queue's visibility.
  #
  # Lambda allots processor time by memory (1,769 MB: one processor). Functions that people wait for have more than the
  # cheapest size: at nearly the same price a new process answers in a fourth of the time (measured 2026-11).
  functions = {
    bff                 = { memory_size = 512, timeout = 28 }
    crud                = { memory_size = 512, timeout = 22 }
    publicar_pendientes = { memory_size = 512, timeout = 60 }
    email               = { memory_size = 512, timeout = 22 }
    enviar_correos      = { memory_size = 256, timeout = 30 }
    registrar_resultado = { memory_size = 256, timeout = 30 }
  }
  alb_idle_timeout     = 60
  http_api_timeout     = 24
  health_check_timeout = 30

  # Batches of e-mails sent at once. They share SES's rate; Lambda's minimum for a queue is 2.
  mail_concurrency = max(2, ceil(var.ses_rate / 10))

  # Each crud_app keeps one connection. AWS keeps 100 of the account's concurrency unreserved: a smaller quota has no room
  # for a cap, and needs none.
  crud_cap            = floor(0.8 * var.database_connections)
  crud_cap_fits       = var.lambda_quota - sum(concat([0], values(var.reserved_concurrency))) - local.crud_cap >= 100
  default_concurrency = local.crud_cap_fits ? { crud = local.crud_cap } : {}

  # What ties a function to its name, role, logs and cap.
  lambda = {
    for key, size in local.functions : key => {
      name                 = "${local.name}-${replace(key, "_", "-")}"
      role_arn             = aws_iam_role.function[key].arn
      log_group            = aws_cloudwatch_log_group.function[key].name
      memory_size          = size.memory_size
      timeout              = size.timeout
      reserved_concurrency = lookup(merge(local.default_concurrency, var.reserved_concurrency), key, -1)
      snapstart            = var.snapstart
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
