# Plans of each edge with and without each switch, several in one plan where they do not affect each other.
# tools/infra_test/conformance.py checks every planned value against botocore's models of the AWS APIs.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

variables {
  alarm_email         = "guardia@example.com"
  domain_name         = "directorio.example.com"
  certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  machine_clients     = { nomina = "lector" }
  office_hours        = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  snapstart           = true
  customer_key        = true
}

run "vpc_origin" {
  command = plan

  variables { environment = "production" }
}

run "vpc_origin_without" {
  command = plan

  variables {
    domain_name     = ""
    certificate_arn = ""
    machine_clients = {}
    office_hours    = null
    snapstart       = false
    customer_key    = false
    waf_enabled     = false
  }
}

run "prefix_list" {
  command = plan

  variables { edge = "prefix_list" }
}

run "prefix_list_without" {
  command = plan

  variables {
    edge            = "prefix_list"
    machine_clients = {}
    office_hours    = null
    snapstart       = false
    customer_key    = false
    waf_enabled     = false
  }
}

run "none" {
  command = plan

  variables { edge = "none" }
}

run "none_without" {
  command = plan

  variables {
    edge            = "none"
    machine_clients = {}
    office_hours    = null
    snapstart       = false
    customer_key    = false
    waf_enabled     = false
  }
}

run "demo" {
  command = plan

  variables { demo = true }

  expect_failures = [check.demo]
}

run "no_load_balancer" {
  command = plan

  variables { alb_enabled = false }
}
