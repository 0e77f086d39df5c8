# What the tests' AWS answers. Only values whose form the provider or the APIs' models check are given; Terraform makes up
# the others of the types named here.

mock_data "aws_availability_zones" { defaults = { zone_ids = ["use1-az1", "use1-az2", "use1-az4"] } }
mock_data "aws_caller_identity" { defaults = { account_id = "123456789012" } }
mock_data "aws_partition" { defaults = { partition = "aws" } }
mock_resource "aws_lb" {
  defaults = {
    arn             = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/main/0123456789abcdef"
    arn_suffix      = "app/main/0123456789abcdef"
    ip_address_type = "ipv4"
    dns_name        = "main.us-east-1.elb.amazonaws.com"
  }
}
mock_resource "aws_lb_target_group" {
  defaults = {
    arn             = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/bff/0123456789abcdef"
    arn_suffix      = "targetgroup/bff/0123456789abcdef"
    ip_address_type = "ipv4"
  }
}
mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::123456789012:role/function" } }
mock_resource "aws_lambda_function" {
  defaults = {
    arn        = "arn:aws:lambda:us-east-1:123456789012:function:function"
    version    = "1"
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
mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn             = "arn:aws:logs:us-east-1:123456789012:log-group:group"
    log_group_class = "STANDARD"
  }
}
mock_resource "aws_cloudwatch_event_rule" { defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/rule" } }
mock_resource "aws_sesv2_configuration_set" { defaults = { arn = "arn:aws:ses:us-east-1:123456789012:configuration-set/correos" } }
mock_resource "aws_dynamodb_table" { defaults = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/correos" } }
mock_resource "aws_apigatewayv2_api" {
  defaults = {
    execution_arn   = "arn:aws:execute-api:us-east-1:123456789012:api"
    ip_address_type = "ipv4"
    api_endpoint    = "https://api.execute-api.us-east-1.amazonaws.com"
  }
}
mock_resource "aws_cognito_user_pool" {
  defaults = {
    id                       = "us-east-1_pool"
    arn                      = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"
    sms_verification_message = "{####}"
    endpoint                 = "cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
  }
}
mock_resource "aws_cognito_user_pool_client" {
  defaults = {
    auth_session_validity = 3
    client_secret         = "abcdefghijkmnpqrstuvwxyz"
    id_token_validity     = 60
    token_validity_units  = { id_token = "minutes", refresh_token = "days" }
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
    arn            = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/main/0123456789abcdef/0123456789abcdef"
    default_action = { order = 1 }
  }
}
mock_resource "aws_cloudwatch_log_delivery_destination" {
  defaults = {
    arn                       = "arn:aws:logs:us-east-1:123456789012:delivery-destination:access-logs"
    delivery_destination_type = "S3"
  }
}
mock_data "aws_ec2_managed_prefix_list" { defaults = { id = "pl-00000000" } }
mock_resource "aws_ssm_parameter" {
  defaults = {
    arn  = "arn:aws:ssm:us-east-1:123456789012:parameter/crud-app-dev/database-url"
    tier = "Standard"
  }
}
mock_resource "aws_kms_key" { defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000" } }
# Made up, and known while planning.
mock_resource "aws_apigatewayv2_authorizer" {}
mock_resource "aws_cloudfront_vpc_origin" {}
