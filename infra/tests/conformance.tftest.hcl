# Plans with as many different resources as three choices of `edge` allow. tools/infra_test/conformance.py checks every planned
# value against botocore's models of the AWS APIs.

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
}

run "vpc_origin" {
  command = plan

  variables {
    environment     = "production"
    machine_clients = { nomina = "lector" }
    office_hours    = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    snapstart       = true
  }
}

run "prefix_list" {
  command = plan

  variables {
    edge = "prefix_list"
  }
}

run "none" {
  command = plan

  variables {
    edge = "none"
  }
}
