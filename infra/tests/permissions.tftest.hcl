# Least privilege: which function may do what, and on which resources. What is not listed here is refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

override_resource {
  target = aws_sns_topic.email
  values = { arn = "arn:aws:sns:us-east-1:123456789012:email-topic" }
}

override_resource {
  target = aws_sqs_queue.email
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:email-queue", url = "https://sqs.us-east-1.amazonaws.com/123456789012/email-queue" }
}

override_resource {
  target = aws_sqs_queue.email_dlq
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:email-dlq", url = "https://sqs.us-east-1.amazonaws.com/123456789012/email-dlq" }
}

override_resource {
  target = aws_sqs_queue.feedback_dlq
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:feedback-dlq", url = "https://sqs.us-east-1.amazonaws.com/123456789012/feedback-dlq" }
}

# An Id in the place of a document shows which document a function got.
override_data {
  target = data.aws_iam_policy_document.publish_events
  values = { json = "{\"Id\":\"publish_events\"}" }
}

override_data {
  target = data.aws_iam_policy_document.read_database_url
  values = { json = "{\"Id\":\"read_database_url\"}" }
}

override_data {
  target = data.aws_iam_policy_document.operate_queue
  values = { json = "{\"Id\":\"operate_queue\"}" }
}

override_data {
  target = data.aws_iam_policy_document.consume_queue
  values = { json = "{\"Id\":\"consume_queue\"}" }
}

override_data {
  target = data.aws_iam_policy_document.keep_feedback
  values = { json = "{\"Id\":\"keep_feedback\"}" }
}

override_data {
  target = data.aws_iam_policy_document.use_ledger
  values = { json = "{\"Id\":\"use_ledger\"}" }
}

override_data {
  target = data.aws_iam_policy_document.send_mail
  values = { json = "{\"Id\":\"send_mail\"}" }
}

run "apply" {
  # ---- roles
  assert {
    condition     = length(distinct([for role in aws_iam_role.function : role.name])) == length(local.functions)
    error_message = "each function has a role of its own"
  }

  assert {
    condition = jsonencode({ for key, document in data.aws_iam_policy_document.function : key => [for source in coalesce(document.source_policy_documents, []) : jsondecode(source).Id] }) == jsonencode({
      bff                 = []
      crud                = ["publish_events", "read_database_url"]
      publicar_pendientes = ["publish_events", "read_database_url"]
      email               = ["operate_queue", "use_ledger"]
      enviar_correos      = ["consume_queue", "use_ledger", "send_mail"]
      registrar_resultado = ["use_ledger", "keep_feedback"]
    })
    error_message = "what each function may do beyond logs and traces"
  }

  assert {
    condition = alltrue([
      for key, document in data.aws_iam_policy_document.function : jsonencode([for statement in document.statement : [statement.sid, sort(statement.actions)]]) == jsonencode([
        ["WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"]],
        ["WriteTraces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]],
      ])
    ])
    error_message = "each function writes logs and traces"
  }

  # ---- resources
  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.publish_events.statement : [sort(statement.actions), sort(statement.resources)]]) == jsonencode([
      [["sns:Publish"], ["arn:aws:sns:us-east-1:123456789012:email-topic"]],
    ])
    error_message = "crud_app publishes to its topic"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.read_database_url.statement : [statement.actions, statement.resources]]) == jsonencode([
      [["ssm:GetParameter"], ["arn:aws:ssm:us-east-1:123456789012:parameter/crud-app-dev/database-url"]],
    ])
    error_message = "crud_app reads the database's address, and no other parameter"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.consume_queue.statement : [sort(statement.actions), sort(statement.resources)]]) == jsonencode([
      [
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        ["arn:aws:sqs:us-east-1:123456789012:email-queue"],
      ],
    ])
    error_message = "the consumer reads its queue"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.operate_queue.statement : [sort(statement.actions), sort(statement.resources)]]) == jsonencode([
      [["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-queue"]],
      [["sqs:GetQueueAttributes"], ["arn:aws:sqs:us-east-1:123456789012:email-dlq", "arn:aws:sqs:us-east-1:123456789012:email-queue"]],
      [["sqs:DeleteMessage", "sqs:ReceiveMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-dlq"]],
      [["cloudwatch:GetMetricData"], ["*"]],
    ])
    error_message = "the HTTP API of email_app sends, counts and redrives"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.keep_feedback.statement : [statement.actions, statement.resources]]) == jsonencode([
      [["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:feedback-dlq"]],
    ])
    error_message = "what SES said and could not be written down is kept"
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.registrar_resultado.destination_config[0].on_failure[0].destination == "arn:aws:sqs:us-east-1:123456789012:feedback-dlq"
    error_message = "Lambda keeps what its function could not take"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.use_ledger.statement : [sort(statement.actions), sort(statement.resources)]]) == jsonencode([
      [
        ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
        ["arn:aws:dynamodb:us-east-1:123456789012:table/correos", "arn:aws:dynamodb:us-east-1:123456789012:table/correos/index/*"],
      ],
    ])
    error_message = "the ledger is read and written row by row: no scan, no deletion"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.send_mail.statement : [sort(statement.actions), sort(statement.resources)]]) == jsonencode([
      [
        ["ses:SendEmail"],
        ["arn:aws:ses:us-east-1:123456789012:configuration-set/correos", "arn:aws:ses:us-east-1:123456789012:identity/*"],
      ],
    ])
    error_message = "the consumer sends through SES"
  }

  assert {
    condition     = jsonencode([for condition in data.aws_iam_policy_document.send_mail.statement[0].condition : [condition.variable, condition.values]]) == jsonencode([["ses:FromAddress", ["directorio@example.com"]]])
    error_message = "e-mails go out in the name of the one sender"
  }

  # ---- policies of topics and queues
  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.email_queue.statement : [
      sort(statement.actions), sort(statement.resources), sort(one(statement.principals).identifiers),
      [for condition in statement.condition : [condition.test, condition.variable, condition.values]],
      ]]) == jsonencode([[
      ["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-queue"], ["sns.amazonaws.com"],
      [["ArnEquals", "aws:SourceArn", ["arn:aws:sns:us-east-1:123456789012:email-topic"]]],
    ]])
    error_message = "only the topic may send to the queue from outside of the account's roles"
  }

  assert {
    condition     = sort([for condition in data.aws_iam_policy_document.ses_feedback.statement[0].condition : condition.variable]) == tolist(["aws:SourceAccount", "aws:SourceArn"])
    error_message = "only SES for this configuration set may publish feedback"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.email.redrive_policy).deadLetterTargetArn == "arn:aws:sqs:us-east-1:123456789012:email-dlq"
    error_message = "what cannot be handled ends in the DLQ"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.email_dlq.redrive_allow_policy).sourceQueueArns[0] == "arn:aws:sqs:us-east-1:123456789012:email-queue"
    error_message = "only the queue may use the DLQ"
  }

  assert {
    condition     = aws_lambda_permission.alb[0].source_arn == aws_lb_target_group.bff[0].arn && alltrue([for permission in aws_lambda_permission.api : endswith(permission.source_arn, "/*") && permission.principal == "apigateway.amazonaws.com"])
    error_message = "functions are called by their own front doors"
  }
}
