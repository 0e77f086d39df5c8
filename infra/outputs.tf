output "name" {
  description = "Begins the name of every resource of this environment."
  value       = local.name
}

output "region" {
  description = "The region of everything."
  value       = var.aws_region
}

output "url" {
  description = "The address of the page; null without a load balancer."
  value       = var.alb_enabled ? local.page_url : null
}

output "page_target" {
  description = "Where the DNS record of domain_name goes; null without a load balancer."
  value       = local.has_cloudfront ? aws_cloudfront_distribution.main[0].domain_name : one(aws_lb.main[*].dns_name)
}

output "warning" {
  description = "What is not safe about this deployment; null if nothing is."
  value       = var.demo ? "DEMONSTRATION: everybody on the internet may read and change everything. Invented data only." : null
}

output "sign_in" {
  description = "Where people and programs get their tokens; null in a demonstration. A program's secret: aws cognito-idp describe-user-pool-client."
  value = var.demo ? null : {
    user_pool_id    = aws_cognito_user_pool.main[0].id
    issuer          = local.sign_in.issuer
    domain          = local.sign_in_page
    page_client_id  = local.sign_in.client_id
    machine_clients = { for name, client in aws_cognito_user_pool_client.machine : name => client.id }
  }
}

output "access_logs" {
  description = "The bucket with the access logs of the page; null without a load balancer."
  value       = one(aws_s3_bucket.access_logs[*].bucket)
}

output "load_balancer" {
  description = "ARN and DNS name of the load balancer, and the ARN of its target group; null without one."
  value = var.alb_enabled ? {
    arn              = aws_lb.main[0].arn
    dns_name         = aws_lb.main[0].dns_name
    target_group_arn = aws_lb_target_group.bff[0].arn
  } : null
}

output "api_urls" {
  description = "The addresses of the HTTP APIs of crud_app and email_app."
  value       = local.api_urls
}

output "api_ids" {
  description = "The ids of the HTTP APIs of crud_app and email_app."
  value       = { for key, api in aws_apigatewayv2_api.app : key => api.id }
}

output "functions" {
  description = "The name of each function."
  value       = { for key, function in local.lambda : key => function.name }
}

output "log_groups" {
  description = "The log group of each function."
  value       = { for key, group in aws_cloudwatch_log_group.function : key => group.name }
}

output "topic_arn" {
  description = "The topic that crud_app publishes to."
  value       = aws_sns_topic.email.arn
}

output "feedback_topic_arn" {
  description = "The topic that SES reports to."
  value       = aws_sns_topic.ses_feedback.arn
}

output "queue_url" {
  description = "The queue of events that become e-mails."
  value       = aws_sqs_queue.email.url
}

output "dlq_url" {
  description = "The queue of messages that could not be handled."
  value       = aws_sqs_queue.email_dlq.url
}

output "feedback_dlq_url" {
  description = "The queue of what SES said and could not be written down."
  value       = aws_sqs_queue.feedback_dlq.url
}

output "ledger_table" {
  description = "The table with one row for each e-mail."
  value       = aws_dynamodb_table.correos.name
}

output "configuration_set" {
  description = "The SES configuration set that every e-mail is sent with."
  value       = aws_sesv2_configuration_set.correos.configuration_set_name
}

output "alarm_topic_arn" {
  description = "The topic that alarms publish to; subscribe what else should hear of them."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "The name of each alarm."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.alarm_name }
}

output "dashboard_url" {
  description = "The dashboard in the AWS console."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards/dashboard/${aws_cloudwatch_dashboard.main.dashboard_name}"
}

output "revisions" {
  description = "The git revisions that were deployed here, newest first."
  value       = var.revisions
}
