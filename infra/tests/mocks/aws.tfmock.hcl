# What the tests' AWS answers. Only values whose form the provider checks are given; Terraform makes up the others.

mock_data "aws_iam_policy_document" { defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" } }
mock_data "aws_availability_zones" { defaults = { zone_ids = ["use1-az1", "use1-az2", "use1-az4"] } }
mock_data "aws_caller_identity" { defaults = { account_id = "123456789012" } }
mock_data "aws_partition" { defaults = { partition = "aws" } }
mock_resource "aws_lb" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/main/0123456789abcdef"
    arn_suffix = "app/main/0123456789abcdef"
    dns_name   = "main.us-east-1.elb.amazonaws.com"
  }
}
mock_resource "aws_lb_target_group" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/bff/0123456789abcdef"
    arn_suffix = "targetgroup/bff/0123456789abcdef"
  }
}
mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::123456789012:role/function" } }
mock_resource "aws_lambda_function" {
  defaults = {
    arn        = "arn:aws:lambda:us-east-1:123456789012:function:function"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:function/invocations"
  }
}
mock_resource "aws_lambda_alias" {
  defaults = {
    arn        = "arn:aws:lambda:us-east-1:123456789012:function:function:live"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:function:live/invocations"
  }
}
mock_resource "aws_sns_topic" { defaults = { arn = "arn:aws:sns:us-east-1:123456789012:topic" } }
mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:us-east-1:123456789012:queue"
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/queue"
  }
}
mock_resource "aws_cloudwatch_log_group" { defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:group" } }
mock_resource "aws_cloudwatch_event_rule" { defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/rule" } }
mock_resource "aws_sesv2_configuration_set" { defaults = { arn = "arn:aws:ses:us-east-1:123456789012:configuration-set/correos" } }
mock_resource "aws_dynamodb_table" { defaults = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/correos" } }
mock_resource "aws_apigatewayv2_api" {
  defaults = {
    execution_arn = "arn:aws:execute-api:us-east-1:123456789012:api"
    api_endpoint  = "https://api.execute-api.us-east-1.amazonaws.com"
  }
}
mock_resource "aws_cognito_user_pool" {
  defaults = {
    id       = "us-east-1_pool"
    arn      = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"
    endpoint = "cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
  }
}
mock_resource "aws_cloudfront_distribution" {
  defaults = {
    arn         = "arn:aws:cloudfront::123456789012:distribution/E0123456789ABC"
    domain_name = "d0123456789abc.cloudfront.net"
  }
}
mock_resource "aws_wafv2_web_acl" {
  defaults = {
    arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/directory/00000000-0000-0000-0000-000000000000"
  }
}
mock_resource "aws_s3_bucket" { defaults = { arn = "arn:aws:s3:::access-logs" } }
mock_resource "aws_lb_listener" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/main/0123456789abcdef/0123456789abcdef"
  }
}
mock_resource "aws_cloudwatch_log_delivery_destination" {
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:access-logs"
  }
}
mock_data "aws_ec2_managed_prefix_list" { defaults = { id = "pl-00000000" } }
mock_resource "aws_ssm_parameter" { defaults = { arn = "arn:aws:ssm:us-east-1:123456789012:parameter/crud-app-dev/database-url" } }
mock_resource "aws_kms_key" { defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000" } }
