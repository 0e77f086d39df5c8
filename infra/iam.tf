# One role for each function, with the actions that its code calls on the resources that it calls them on.

locals {
  # The emulator's module (emulator/emulator_override.tf) replaces these three.
  publish_actions = ["sns:Publish"]
  # In SES's sandbox the recipients are identities of the account too, and each of them is checked.
  mail_resources = [
    aws_sesv2_configuration_set.correos.arn,
    "arn:${data.aws_partition.current.partition}:ses:${var.aws_region}:${data.aws_caller_identity.current.account_id}:identity/*",
  ]
  mail_condition = { StringEquals = { "ses:FromAddress" = var.email_from } }

  statements = {
    WriteTraces      = { Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = ["*"] } # X-Ray has no resources
    PublishEvents    = { Action = local.publish_actions, Resource = [aws_sns_topic.email.arn] }
    ReadClientSecret = { Action = ["ssm:GetParameter"], Resource = aws_ssm_parameter.page_client_secret[*].arn }
    ManageUsers = {
      Action = [
        "cognito-idp:AdminAddUserToGroup", "cognito-idp:AdminCreateUser", "cognito-idp:AdminDeleteUser", "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser", "cognito-idp:AdminRemoveUserFromGroup", "cognito-idp:AdminUserGlobalSignOut",
        "cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup",
      ]
      Resource = aws_cognito_user_pool.main[*].arn
    }
    EndSessions         = { Action = ["cognito-idp:AdminUserGlobalSignOut"], Resource = aws_cognito_user_pool.main[*].arn }
    ReadDatabaseAddress = { Action = ["ssm:GetParameter"], Resource = [aws_ssm_parameter.database_url.arn] }
    QueueMail           = { Action = ["sqs:SendMessage"], Resource = [aws_sqs_queue.email.arn] }
    ReadDepths          = { Action = ["sqs:GetQueueAttributes"], Resource = [aws_sqs_queue.email.arn, aws_sqs_queue.email_dlq.arn] }
    ReadAges            = { Action = ["cloudwatch:GetMetricData"], Resource = ["*"] } # metrics have no resources
    Redrive             = { Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"], Resource = [aws_sqs_queue.email_dlq.arn] }
    ConsumeQueue = {
      Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
      Resource = [aws_sqs_queue.email.arn]
    }
    SendMail = { Action = ["ses:SendEmail"], Resource = local.mail_resources, Condition = local.mail_condition }
    # Lambda itself sends there, with the function's role.
    KeepFeedback = { Action = ["sqs:SendMessage"], Resource = [aws_sqs_queue.feedback_dlq.arn] }
    UseLedger = {
      Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      Resource = [aws_dynamodb_table.correos.arn, "${aws_dynamodb_table.correos.arn}/index/*"]
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

  name        = "${local.global_name}-${replace(each.key, "_", "-")}"
  description = "What the function ${each.key} of ${local.name} may do"

  assume_role_policy = jsonencode({
    Version   = local.policy_version
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "function"
  role = aws_iam_role.function[each.key].id

  policy = jsonencode({
    Version = local.policy_version
    Statement = concat(
      [{ Sid = "WriteLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.function[each.key].arn}:*" }],
      [for sid in local.permissions[each.key] : merge({ Sid = sid, Effect = "Allow" }, local.statements[sid])],
    )
  })
}

locals {
  policy_version = "2012-10-17"
  account        = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
  # The policy of each topic or queue: one service, one action, and only for this source.
  senders = {
    alarms       = { service = "cloudwatch", action = "sns:Publish", to = aws_sns_topic.alarms.arn, only_if = local.account }
    ses_feedback = { service = "ses", action = "sns:Publish", to = aws_sns_topic.ses_feedback.arn, only_if = merge(local.account, { "aws:SourceArn" = aws_sesv2_configuration_set.correos.arn }) }
    email_queue  = { service = "sns", action = "sqs:SendMessage", to = aws_sqs_queue.email.arn, only_if = { "aws:SourceArn" = aws_sns_topic.email.arn } }
  }
  sender_policies = {
    for key, sender in local.senders : key => jsonencode({
      Version = local.policy_version
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "${sender.service}.amazonaws.com" }
        Action    = sender.action
        Resource  = sender.to
        Condition = { StringEquals = sender.only_if }
      }]
    })
  }
}

resource "aws_sns_topic_policy" "sender" {
  for_each = { alarms = aws_sns_topic.alarms.arn, ses_feedback = aws_sns_topic.ses_feedback.arn }

  arn    = each.value
  policy = local.sender_policies[each.key]
}
