# Only for the AWS emulator. Terraform merges what is here into the blocks of the same names.

# Its addresses are names below `localhost`, which many machines do not resolve; by path they work everywhere.
locals {
  api_urls     = { for key, api in aws_apigatewayv2_api.app : key => "${var.emulator_endpoint}/_aws/execute-api/${api.id}/$default" }
  sign_in_page = var.demo ? "" : var.emulator_endpoint
}

# It knows of VPC origins, but sends a request through one as the viewer came, that is over HTTPS, to port 443.
resource "aws_cloudfront_distribution" "main" {
  origin {
    origin_id   = local.origin_id
    domain_name = aws_lb.main[0].dns_name

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }
}

# It forgets the prefix list of a rule, and the next plan fails.
resource "aws_vpc_security_group_ingress_rule" "alb" {
  prefix_list_id = null
  cidr_ipv4      = local.vpc_cidr
}

# Its sign-in page has one look only, and it cannot describe the type of another.
resource "aws_cloudcontrolapi_resource" "page_style" {
  count = 0
}

# It asks for a permission of its own when a batch is published (AWS asks for sns:Publish), and authorises the sending of
# an e-mail on no resource and without a sender.
locals {
  publish_actions = ["sns:Publish", "sns:PublishBatch"]
  mail_resources  = ["*"]
  mail_condition  = {}
}
