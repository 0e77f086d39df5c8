# Each switch of a running environment off, on and off again, several at once where they do not affect each other.
# check.py reads from Terraform's log in which order it applies the changes.

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
  customer_key        = true
  alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
}

run "first" {}

run "firewall_and_key_off" {
  variables {
    waf_enabled     = false
    customer_key    = false
    keep_key        = true
    machine_clients = { nomina = "lector" }
    office_hours    = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    domain_name     = "directorio.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }
}

run "firewall_on_and_key_gone" {
  variables {
    customer_key = false
  }
}

run "snapstart_on" {
  variables {
    snapstart = true
  }
}

run "snapstart_off" {}

run "prefix_list" {
  variables {
    edge            = "prefix_list"
    domain_name     = "directorio.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }
}

run "vpc_origin" {}

run "none" {
  variables {
    edge        = "none"
    domain_name = "directorio.example.com"
  }
}

run "demo" {
  variables {
    demo = true
  }

  expect_failures = [check.demo]
}

run "no_load_balancer" {
  variables {
    alb_enabled = false
  }
}

run "load_balancer" {}
