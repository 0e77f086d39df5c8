# The sweep asks the database for unpublished events every minute, so a database that suspends when idle never sleeps.
# Two schedules switch the sweep off outside of office hours. Events are still published right after their commit; only
# those whose publication failed wait for the morning.

locals {
  office_hours = var.office_hours == null ? {} : {
    opens  = { expression = var.office_hours.opens, action = "enableRule" }
    closes = { expression = var.office_hours.closes, action = "disableRule" }
  }
}

resource "aws_scheduler_schedule" "office_hours" {
  # checkov:skip=CKV_AWS_297:its input is the name of a rule
  for_each = local.office_hours

  name                         = "${local.name}-office-${each.key}"
  description                  = "${each.value.action} for the sweep of unpublished events"
  schedule_expression          = each.value.expression
  schedule_expression_timezone = var.office_hours.timezone

  flexible_time_window { mode = "OFF" }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:eventbridge:${each.value.action}"
    role_arn = aws_iam_role.office_hours[0].arn
    input    = jsonencode({ Name = module.crud.schedules["publicar_pendientes"].name })
  }
}

resource "aws_iam_role" "office_hours" {
  count = var.office_hours == null ? 0 : 1

  name        = "${local.global_name}-office-hours"
  description = "Switches the sweep of ${local.name} on and off"

  assume_role_policy = jsonencode({
    Version = local.policy_version
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = local.account }
    }]
  })
}

resource "aws_iam_role_policy" "office_hours" {
  count = var.office_hours == null ? 0 : 1

  name = "switch-sweep"
  role = aws_iam_role.office_hours[0].id

  policy = jsonencode({
    Version   = local.policy_version
    Statement = [{ Effect = "Allow", Action = ["events:EnableRule", "events:DisableRule"], Resource = module.crud.schedules["publicar_pendientes"].arn }]
  })
}
