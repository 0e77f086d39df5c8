# One role for each function, with the actions that its code calls on the resources that it calls them on.

locals {
  # The emulator's module (emulator/emulator_override.tf) replaces these three.
  publish_actions = ["sns:Publish"]
  # In SES's sandbox the recipients are identities of the account too, and each of them is checked.
  mail_resources = [
    aws_sesv2_configuration_set.correos.arn,
    "arn:${data.aws_partition.current.partition}:ses:${var.aws_region}:${data.aws_caller_identity.current.account_id}:identity/*",
  ]
  mail_senders = [var.email_from]

  statements = {
    WriteTraces      = { actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources = ["*"] } # X-Ray has no resources
    PublishEvents    = { actions = local.publish_actions, resources = [aws_sns_topic.email.arn] }
    ReadClientSecret = { actions = ["ssm:GetParameter"], resources = aws_ssm_parameter.page_client_secret[*].arn }
    ManageUsers = {
      actions = [
        "cognito-idp:AdminAddUserToGroup", "cognito-idp:AdminCreateUser", "cognito-idp:AdminDeleteUser", "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser", "cognito-idp:AdminRemoveUserFromGroup", "cognito-idp:AdminUserGlobalSignOut",
        "cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup",
      ]
      resources = aws_cognito_user_pool.main[*].arn
    }
    EndSessions         = { actions = ["cognito-idp:AdminUserGlobalSignOut"], resources = aws_cognito_user_pool.main[*].arn }
    ReadDatabaseAddress = { actions = ["ssm:GetParameter"], resources = [aws_ssm_parameter.database_url.arn] }
    QueueMail           = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.email.arn] }
    ReadDepths          = { actions = ["sqs:GetQueueAttributes"], resources = [aws_sqs_queue.email.arn, aws_sqs_queue.email_dlq.arn] }
    ReadAges            = { actions = ["cloudwatch:GetMetricData"], resources = ["*"] } # metrics have no resources
    Redrive             = { actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"], resources = [aws_sqs_queue.email_dlq.arn] }
    ConsumeQueue = {
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
      resources = [aws_sqs_queue.email.arn]
    }
    SendMail = { actions = ["ses:SendEmail"], resources = local.mail_resources }
    # Lambda itself sends there, with the function's role.
    KeepFeedback = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.feedback_dlq.arn] }
    UseLedger = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = [aws_dynamodb_table.correos.arn, "${aws_dynamodb_table.correos.arn}/index/*"]
    }
  }

  # Beyond its own log. bff_app, the public door, can end sessions and nothing else.
  permissions = {
    bff                 = concat(["WriteTraces"], var.demo ? [] : ["ReadClientSecret", "EndSessions"])
    crud                = ["WriteTraces", "PublishEvents", "ReadDatabaseAddress"]
    publicar_pendientes = ["WriteTraces", "PublishEvents", "ReadDatabaseAddress"]
    email               = concat(["WriteTraces", "QueueMail", "ReadDepths", "ReadAges", "Redrive", "UseLedger"], var.demo ? [] : ["ManageUsers"])
    enviar_correos      = ["WriteTraces", "ConsumeQueue", "UseLedger", "SendMail"]
    registrar_resultado = ["WriteTraces", "UseLedger", "KeepFeedback"]
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.global_name}-${replace(each.key, "_", "-")}"
  description        = "What the function ${each.key} of ${local.name} may do"
  assume_role_policy = data.aws_iam_policy_document.assumed_by["lambda"].json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "function"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "function" {
  for_each = local.permissions

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  dynamic "statement" {
    for_each = toset(each.value)

    content {
      sid       = statement.value
      actions   = local.statements[statement.value].actions
      resources = local.statements[statement.value].resources

      dynamic "condition" {
        for_each = statement.value == "SendMail" && length(local.mail_senders) > 0 ? [local.mail_senders] : []

        content {
          test     = "StringEquals"
          variable = "ses:FromAddress"
          values   = condition.value
        }
      }
    }
  }
}

locals {
  account = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
  # The policy of each topic or queue: one service, one action, and only for this source.
  senders = {
    alarms       = { service = "cloudwatch", action = "sns:Publish", to = aws_sns_topic.alarms.arn, only_if = local.account }
    ses_feedback = { service = "ses", action = "sns:Publish", to = aws_sns_topic.ses_feedback.arn, only_if = merge(local.account, { "aws:SourceArn" = aws_sesv2_configuration_set.correos.arn }) }
    email_queue  = { service = "sns", action = "sqs:SendMessage", to = aws_sqs_queue.email.arn, only_if = { "aws:SourceArn" = aws_sns_topic.email.arn } }
  }
}

data "aws_iam_policy_document" "assumed_by" {
  for_each = { lambda = {}, scheduler = local.account }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }

    dynamic "condition" {
      for_each = each.value

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }
}

data "aws_iam_policy_document" "sender" {
  for_each = local.senders

  statement {
    actions   = [each.value.action]
    resources = [each.value.to]

    principals {
      type        = "Service"
      identifiers = ["${each.value.service}.amazonaws.com"]
    }

    dynamic "condition" {
      for_each = each.value.only_if

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }
}

resource "aws_sns_topic_policy" "sender" {
  for_each = { for key, sender in local.senders : key => sender.to if sender.action == "sns:Publish" }

  arn    = each.value
  policy = data.aws_iam_policy_document.sender[each.key].json
}
