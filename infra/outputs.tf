output "name" {
  description = "Begins the name of every resource of this environment."
  value       = local.name
}

output "account" {
  description = "The AWS account and the region of everything; `make` refuses another one."
  value       = { number = data.aws_caller_identity.current.account_id, region = var.aws_region }
}

output "url" {
  description = "The address of the page; null without a load balancer."
  value       = var.alb_enabled ? local.page_url : null
}

output "page_target" {
  description = "Where the DNS record of domain_name goes; null without a load balancer."
  value       = local.has_cloudfront ? aws_cloudfront_distribution.main[0].domain_name : one(aws_lb.main[*].dns_name)
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

output "api_urls" {
  description = "The addresses of the HTTP APIs of crud_app and email_app."
  value       = local.api_urls
}

output "functions" {
  description = "The name of each function."
  value       = { for key, function in local.lambda : key => function.name }
}

output "dlq_url" {
  description = "The queue of messages that could not be handled."
  value       = aws_sqs_queue.email_dlq.url
}

output "feedback_dlq_url" {
  description = "The queue of SES feedback that could not be stored."
  value       = aws_sqs_queue.feedback_dlq.url
}

output "alarm_topic_arn" {
  description = "The topic that alarms publish to; subscribe other channels to it."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_url" {
  description = "The dashboard in the AWS console."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards/dashboard/${aws_cloudwatch_dashboard.main.dashboard_name}"
}

output "database_url_version" {
  description = "See the variable of this name."
  value       = var.database_url_version
}

output "revisions" {
  description = "The git revisions that were deployed here, newest first."
  value       = var.revisions
}
