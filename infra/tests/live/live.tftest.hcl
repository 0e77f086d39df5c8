# A running environment: each switch on, off and on again, several at once where they do not affect each other, then what
# `make rollback` plans across them. tests/infra/test_live.py reads from Terraform's log in which order the changes begin.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

variables {
  aws_region          = "us-east-1"
  database_url        = "postgresql://directorio@db.example.com:5432/directorio"
  email_from          = "directorio@example.com"
  notify_to           = ["rrhh@example.com"]
  domain_name         = "directorio.example.com"
  certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
}

run "all_on" {
  variables {
    customer_key    = true
    snapstart       = true
    machine_clients = { nomina = "lector" }
    office_hours    = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  }
}

run "prefix_list_and_all_off" {
  variables {
    edge        = "prefix_list"
    waf_enabled = false
    keep_key    = true
  }

  assert {
    condition     = terraform_data.origin_secret[0].output != terraform_data.origin_secret[1].output
    error_message = "the secrets differ"
  }

  assert {
    condition     = length(module.waf_cloudfront) + length(module.waf_alb) == 0 && aws_cloudfront_distribution.main[0].web_acl_id == null
    error_message = "no firewall"
  }
}

run "the_secret_is_changed" {
  command = plan

  variables {
    edge                  = "prefix_list"
    waf_enabled           = false
    origin_secret_version = 2
  }

  assert {
    # The second is known while planning; one that is renewed is not.
    condition     = [for secret in terraform_data.origin_secret : secret.triggers_replace] == [1, 1] && length(terraform_data.origin_secret[1].output) == 36
    error_message = "the secret that CloudFront sends next is renewed; the one in use stays"
  }
}

run "vpc_origin_and_key_gone" {
  variables { snapstart = true }
}

run "demo" {
  variables {
    demo        = true
    snapstart   = true
    waf_enabled = false
  }

  expect_failures = [check.demo]
}

run "no_load_balancer" {
  variables { alb_enabled = false }
}

# Load balancer and sign-in only come back. Before the firewall had a switch, there was none.
run "switches_on" {
  variables {
    edge            = "prefix_list"
    waf_enabled     = false
    customer_key    = true
    snapstart       = true
    machine_clients = { nomina = "lector" }
    office_hours    = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  }
}

# A root module from before a switch does not know it.
run "before_all" {
  command = plan

  variables {
    domain_name     = ""
    certificate_arn = ""
  }
}

run "before_all_but_the_key" {
  command = plan

  variables {
    domain_name     = ""
    certificate_arn = ""
    customer_key    = true
  }
}
