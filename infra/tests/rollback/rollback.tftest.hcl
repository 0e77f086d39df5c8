# What `make rollback` plans across switches: each is on, and then a root module from before it does not know it.
# tools/infra_test compares what the preflight says of these plans. Load balancer and sign-in only come back.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

variables {
  aws_region   = "us-east-1"
  database_url = "postgresql://directorio@db.example.com:5432/directorio"
  email_from   = "directorio@example.com"
  notify_to    = ["rrhh@example.com"]
}

run "switches_on" {
  variables {
    edge                = "prefix_list"
    waf_enabled         = false
    customer_key        = true
    snapstart           = true
    machine_clients     = { nomina = "lector" }
    office_hours        = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    domain_name         = "directorio.example.com"
    certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }
}

run "before_all" { command = plan }

run "before_all_but_the_key" {
  command = plan

  variables { customer_key = true }
}
